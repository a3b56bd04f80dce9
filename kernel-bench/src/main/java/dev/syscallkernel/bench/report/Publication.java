package dev.syscallkernel.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** Puts the report into the README, between two markers, and its most telling charts into the sources. */
final class Publication {
    private static final String BEGIN = "<!-- report: written by benchmarks.jar report --publish -->\n";
    private static final String END = "<!-- end of report -->\n";
    private static final Path CHARTS = Path.of("kernel-bench", "src", "report");

    /** By what they show, and which parameter grows: throughput against chunks, time against batches, memory against tasks. */
    private static final List<List<String>> CHOSEN = List.of(
            List.of("read a file in-process", "chunkSize"),
            List.of("read a file from a server", "chunkSize"),
            List.of("write a file to a server", "chunkSize"),
            List.of("small file operations in one batch to a server", "operations"),
            List.of("memory of all sleeping tasks", "tasks"));

    private final Path project;

    /**
     * @param project the directory with the README
     * @throws IOException if there is none, or one without the markers
     */
    Publication(Path project) throws IOException {
        this.project = project;
        String readme = Files.readString(readme());
        int begin = readme.indexOf(BEGIN);
        if (begin < 0 || readme.indexOf(END, begin) < 0) {
            throw new IOException("no place for the report in " + readme() + ": " + BEGIN.trim());
        }
    }

    private Path readme() {
        return project.resolve("README.md");
    }

    void publish(Map<String, String> machine, List<Row> rows, Map<Growth, Path> charts) throws IOException {
        StringBuilder text = new StringBuilder("\n").append(ReportFiles.body(machine, rows));
        Path directory = Files.createDirectories(project.resolve(CHARTS));
        for (Map.Entry<Growth, Path> chart : charts.entrySet()) {
            Growth growth = chart.getKey();
            if (CHOSEN.contains(List.of(growth.what(), growth.parameter()))) {
                String name = Charts.slug(growth.what()) + ".svg";
                Files.copy(chart.getValue(), directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                text.append('\n').append(ReportFiles.picture(growth, "kernel-bench/src/report/" + name));
            }
        }
        String readme = Files.readString(readme());
        int begin = readme.indexOf(BEGIN) + BEGIN.length();
        Files.writeString(
                readme(), readme.substring(0, begin) + text + "\n" + readme.substring(readme.indexOf(END, begin)));
    }
}
