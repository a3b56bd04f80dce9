package dev.syscallkernel.grpc.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the demo found out, for people. */
record DemoReport(ByteSize size, String written, List<DemoReading> readings) {
    private static final int SHORT_DIGEST = 16;

    boolean allMatch() {
        return readings.stream().allMatch(this::matches);
    }

    private boolean matches(DemoReading reading) {
        return reading.digest().equals(written) && reading.bytes() == size.bytes();
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("SHA-256 of the " + size + " written: " + written);
        lines.add("");
        Table table = new Table()
                .left("way")
                .right("bytes")
                .right("seconds")
                .right("in SHA-256")
                .right("throughput")
                .right("peak heap")
                .right("peak direct")
                .left("digest")
                .left("");
        readings.forEach(reading -> table.row(
                reading.way(),
                Long.toString(reading.bytes()),
                seconds(reading.time()),
                seconds(reading.digesting()),
                new ByteSize((long) reading.bytesPerSecond()) + "/s",
                new ByteSize(reading.peakHeap()).toString(),
                new ByteSize(reading.peakDirect()).toString(),
                reading.digest().substring(0, SHORT_DIGEST) + "…",
                matches(reading) ? "match" : "DIFFERENT"));
        lines.addAll(table.lines());
        lines.add("");
        lines.add("Each way was run once, cold; its throughput includes SHA-256. Peaks are those of the whole JVM,");
        lines.add("for gRPC of client and server together; that of the heap includes garbage (its limit is "
                + new ByteSize(Runtime.getRuntime().maxMemory()) + ").");
        return lines;
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.2f", time.toNanos() / 1e9);
    }
}
