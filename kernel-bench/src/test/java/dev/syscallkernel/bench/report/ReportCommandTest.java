package dev.syscallkernel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(180)
class ReportCommandTest {
    private static final Measurement GROWING = measurement("growing", () -> {
        List<Row> rows = new ArrayList<>();
        for (int size : new int[] {10, 100, 1000}) {
            rows.add(Row.of("memory of all sleeping tasks", Map.of("tasks", "" + size), new Figure(3.0 * size, "MiB"))
                    .atMost(1000));
        }
        return rows;
    });
    private static final Measurement BROKEN = measurement("broken", () -> {
        throw new IllegalStateException("out of order");
    });

    @TempDir
    Path directory;

    private Path project;

    @BeforeEach
    void makeProject() throws Exception {
        project = Files.createDirectory(directory.resolve("project"));
        Files.writeString(project.resolve("README.md"), """
                before
                <!-- report: written by benchmarks.jar report --publish -->
                an older report
                <!-- end of report -->
                after
                """);
    }

    @Test
    void whatFailsIsARowAndTheRestGoesOn() throws Exception {
        assertThat(report(List.of(BROKEN, GROWING), "--only", "^(broken|growing)$"))
                .isEqualTo(1);
        JsonArray rows = rows();
        assertThat(rows).hasSize(4);
        assertThat(rows.get(0).getAsJsonObject().get("goal").getAsString()).contains("out of order");
        String table = Files.readString(output().resolve("report.md"));
        assertThat(table)
                .contains("| broken |", "out of order", "linear in tasks")
                .contains(".svg)");
        try (var files = Files.list(output())) {
            assertThat(files.filter(file -> file.toString().endsWith(".svg"))).hasSize(1);
        }
    }

    @Test
    void aMissedGoalFailsOnlyAStrictReport() {
        assertThat(report(List.of(GROWING), "--only", "^growing$")).isZero();
        assertThat(report(List.of(GROWING), "--only", "^growing$", "--strict")).isEqualTo(1);
    }

    @Test
    void theReportIsPublishedBetweenItsMarkers() throws Exception {
        assertThat(report(List.of(GROWING), "--only", "^growing$", "--publish", project.toString()))
                .isZero();
        String readme = Files.readString(project.resolve("README.md"));
        assertThat(readme)
                .startsWith("before\n")
                .endsWith("<!-- end of report -->\nafter\n")
                .contains("- date: ", "| memory of all sleeping tasks | tasks 1000 |", "Goals that were missed")
                .contains("(kernel-bench/src/report/memory-of-all-sleeping-tasks.svg)")
                .doesNotContain("older");
        assertThat(project.resolve("kernel-bench/src/report/memory-of-all-sleeping-tasks.svg"))
                .isRegularFile();
        assertThat(report(List.of(GROWING), "--only", "^growing$", "--publish", project.toString()))
                .as("it can be published again")
                .isZero();
    }

    @Test
    void benchmarksRunBesideTheirBaselines() throws Exception {
        assertThat(report(List.of(), "--quick", "--only", "RemoteBatchBenchmark", "-p", "operations=2"))
                .isZero();
        JsonArray rows = rows();
        assertThat(rows).hasSize(1);
        assertThat(rows.get(0).getAsJsonObject().keySet()).contains("baseline", "result", "speed");
    }

    private int report(List<Measurement> measurements, String... arguments) {
        return new CommandLine(new ReportCommand(measurements))
                .execute(concat(arguments, "--output", output().toString()));
    }

    private static String[] concat(String[] some, String... more) {
        List<String> all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    private Path output() {
        return directory.resolve("report");
    }

    private JsonArray rows() throws Exception {
        JsonElement report = JsonParser.parseString(Files.readString(output().resolve("report.json")));
        return report.getAsJsonObject().getAsJsonArray("rows");
    }

    private interface Rows {
        List<Row> measure();
    }

    private static Measurement measurement(String what, Rows rows) {
        return new Measurement() {
            @Override
            public String what() {
                return what;
            }

            @Override
            public List<Row> measure(boolean quick) {
                return rows.measure();
            }
        };
    }
}
