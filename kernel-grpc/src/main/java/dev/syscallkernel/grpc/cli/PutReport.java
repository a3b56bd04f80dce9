package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.stream.WriteSummary;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What became of an upload.
 *
 * @param path what it was uploaded to
 * @param bytes how many bytes there were
 * @param before how many of them had arrived in an earlier run
 * @param summary of the kernel, checked
 * @param nanos how long it took
 */
record PutReport(String path, long bytes, long before, WriteSummary summary, long nanos) {

    void print(JsonOption json, Terminal terminal) {
        if (json.wanted()) {
            json.print(fields(), terminal);
        } else {
            terminal.line(text());
        }
    }

    private String text() {
        String earlier = before == 0 ? "" : " (" + before + " of them before)";
        return String.format(
                Locale.ROOT,
                "%s: %d bytes%s in %.2f s, %s/s, crc32c %08x",
                Text.printable(path),
                bytes,
                earlier,
                seconds(),
                new ByteSize(rate()),
                summary.crc32c());
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("path", path);
        fields.put("bytes", bytes);
        fields.put("bytes_before", before);
        fields.put("seconds", seconds());
        fields.put("bytes_per_second", rate());
        fields.put("crc32c", String.format("%08x", summary.crc32c()));
        return fields;
    }

    private double seconds() {
        return nanos / 1e9;
    }

    /** Of what this run has sent, in bytes per second. */
    private long rate() {
        return (long) ((bytes - before) / Math.max(1e-9, seconds()));
    }
}
