package dev.syscallkernel.local.child;

import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What Linux tells about processes. */
final class ProcFs {
    private static final Path PROC = Path.of("/proc");

    /** How often a second the counters of processor time tick, which Linux has fixed for all that is not the kernel. */
    private static final long TICKS_PER_SECOND = 100;

    private ProcFs() {}

    /**
     * A process at one moment.
     *
     * @param state the letter that stands for it
     * @param ticks processor time, that of ended children included
     * @param startTicks when it began; tells it from another one that has the same id later
     */
    record Stat(char state, long parent, long session, long ticks, int niceness, long startTicks) {

        boolean isDead() {
            return state == 'Z' || state == 'X';
        }

        ProcessState processState() {
            return switch (state) {
                case 'R' -> ProcessState.RUNNING;
                case 'T', 't' -> ProcessState.STOPPED;
                case 'Z', 'X' -> ProcessState.EXITED;
                default -> ProcessState.SLEEPING;
            };
        }
    }

    /** The process, or null if there is none. */
    static @Nullable Stat stat(long pid) {
        try {
            String line = Files.readString(PROC.resolve(pid + "/stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
            // The name before it can contain anything.
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
            return new Stat(
                    fields[0].charAt(0),
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[3]),
                    Long.parseLong(fields[11])
                            + Long.parseLong(fields[12])
                            + Long.parseLong(fields[13])
                            + Long.parseLong(fields[14]),
                    Integer.parseInt(fields[16]),
                    Long.parseLong(fields[19]));
        } catch (IOException ended) {
            return null;
        }
    }

    /** The command line of a process; empty if it has ended. */
    static String commandLine(long pid) {
        try {
            return Files.readString(PROC.resolve(pid + "/cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    /** Whether a process still is, and is no zombie. */
    static boolean isAlive(ProcessHandle process) {
        Stat stat = process.isAlive() ? stat(process.pid()) : null;
        return stat != null && !stat.isDead();
    }

    /** The most that the JVM, and what it starts, can have of something; {@link Long#MAX_VALUE} for no limit. */
    static long hardLimit(String name) {
        try (Stream<String> lines = Files.lines(PROC.resolve("self/limits"))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).trim().split("\\s+", -1)[1])
                    .filter(limit -> !limit.equals("unlimited"))
                    .mapToLong(Long::parseUnsignedLong)
                    .filter(limit -> limit >= 0)
                    .findFirst()
                    .orElse(Long.MAX_VALUE);
        } catch (IOException | java.io.UncheckedIOException unknown) {
            return Long.MAX_VALUE;
        }
    }

    /** The first child of a process, or -1 if it has none. */
    static long firstChild(long pid) {
        try {
            String children = Files.readString(PROC.resolve(pid + "/task/" + pid + "/children"));
            int end = children.indexOf(' ');
            return end < 0 ? -1 : Long.parseLong(children.substring(0, end));
        } catch (IOException ended) {
            return -1;
        }
    }

    /** The descendants of a process, and the processes of the session that it leads or led; not itself. */
    static List<Long> family(long pid) {
        List<Long> family = new ArrayList<>();
        ProcessHandle.of(pid).ifPresent(process -> process.descendants().forEach(child -> family.add(child.pid())));
        try (DirectoryStream<Path> all = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : all) {
                long other = Long.parseLong(entry.getFileName().toString());
                Stat stat = other == pid || family.contains(other) ? null : stat(other);
                if (stat != null && stat.session() == pid) {
                    family.add(other);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            // Then the descendants are all that can be found.
        }
        return family;
    }

    /** Whether those of these processes that are still there have this niceness. */
    static boolean haveNiceness(List<Long> pids, int niceness) {
        return pids.stream()
                .map(ProcFs::stat)
                .allMatch(stat -> stat == null || stat.isDead() || stat.niceness() == niceness);
    }

    /** What these processes use together. */
    static ProcessStats stats(List<Long> pids) {
        long ticks = 0;
        long kibibytes = 0;
        int processes = 0;
        int threads = 0;
        for (long pid : pids) {
            Stat stat = stat(pid);
            if (stat != null && !stat.isDead()) {
                processes++;
                ticks += stat.ticks();
                kibibytes += status(pid, "VmRSS:");
                threads += (int) status(pid, "Threads:");
            }
        }
        return new ProcessStats(
                Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND), kibibytes << 10, processes, threads);
    }

    /** A number of the status of a process; 0 if it has none by this name. */
    private static long status(long pid, String key) {
        try (Stream<String> lines = Files.lines(PROC.resolve(pid + "/status"))) {
            return lines.filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | java.io.UncheckedIOException ended) {
            return 0;
        }
    }
}
