package dev.syscallkernel.bench.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes the report: {@code report.json}, {@code report.md}, and the charts beside them. */
final class ReportFiles {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private final Path directory;

    ReportFiles(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
    }

    void write(Map<String, String> machine, List<Row> rows) throws IOException {
        Files.writeString(directory.resolve("report.json"), json(machine, rows) + "\n");
        List<Path> charts = new Charts(directory).write(rows);
        Files.writeString(directory.resolve("report.md"), markdown(machine, rows, charts));
    }

    private static String json(Map<String, String> machine, List<Row> rows) {
        JsonObject report = new JsonObject();
        report.add("machine", GSON.toJsonTree(machine));
        JsonArray array = new JsonArray();
        rows.forEach(row -> array.add(json(row)));
        report.add("rows", array);
        return GSON.toJson(report);
    }

    private static JsonObject json(Row row) {
        JsonObject object = new JsonObject();
        object.addProperty("what", row.what());
        object.add("parameters", GSON.toJsonTree(row.parameters()));
        row.baseline().ifPresent(figure -> object.add("baseline", GSON.toJsonTree(figure)));
        object.add("result", GSON.toJsonTree(row.result()));
        row.speed().ifPresent(speed -> object.addProperty("speed", speed));
        if (!row.goal().isEmpty()) {
            object.addProperty("goal", row.goal());
        }
        row.met().ifPresent(met -> object.addProperty("met", met));
        return object;
    }

    private static String markdown(Map<String, String> machine, List<Row> rows, List<Path> charts) {
        StringBuilder text = new StringBuilder("# Benchmarks\n\n");
        machine.forEach((name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
        text.append(
                        "\nThe speed is that of the baseline divided into that of SyscallKernel, both from the same run.\n\n")
                .append(table(rows));
        charts.forEach(
                chart -> text.append("\n![](").append(chart.getFileName()).append(")\n"));
        return text.toString();
    }

    /** The rows as a table that Markdown shows and a terminal can read. */
    static String table(List<Row> rows) {
        StringBuilder text = new StringBuilder("| what | at | baseline | SyscallKernel | speed | goal | met |\n")
                .append("|---|---|---|---|---|---|---|\n");
        for (Row row : rows) {
            text.append("| ")
                    .append(String.join(
                            " | ",
                            row.what(),
                            row.parameterText(),
                            row.baseline().map(Figure::toString).orElse("–"),
                            row.result().toString(),
                            row.speed().isPresent() ? Figure.round(row.speed().getAsDouble()) + " ×" : "–",
                            row.goal(),
                            row.met().map(met -> met ? "yes" : "**no**").orElse("")))
                    .append(" |\n");
        }
        return text.toString();
    }
}
