package dev.syscallkernel.bench.report;

import dev.syscallkernel.bench.Workplace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where the figures come from, which they mean little without. */
final class Machine {
    private Machine() {}

    static Map<String, String> describe() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        facts.put("processors", Runtime.getRuntime().availableProcessors() + " × " + processor());
        facts.put("memory", megabytes("/proc/meminfo", "MemTotal:"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("files", Workplace.describe());
        facts.put("load at the beginning", load());
        return facts;
    }

    private static String load() {
        try {
            return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    private static String processor() {
        return line("/proc/cpuinfo", "model name").replaceFirst("^\\s*:\\s*", "");
    }

    private static String megabytes(String file, String key) {
        String kibibytes = line(file, key).replaceAll("\\D", "");
        return kibibytes.isEmpty() ? "unknown" : Long.parseLong(kibibytes) / 1024 + " MiB";
    }

    private static String line(String file, String key) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(key)) {
                    return line.substring(key.length()).trim();
                }
            }
            return "unknown";
        } catch (IOException unreadable) {
            return "unknown";
        }
    }
}
