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
    private final Map<String, String> machine;

    ReportFiles(Path directory, Map<String, String> machine) throws IOException {
        this.directory = Files.createDirectories(directory);
        this.machine = machine;
    }

    /** Writes what there is up to now, so that nothing is lost if a later benchmark ends the JVM. */
    void writeSoFar(List<Row> rows) throws IOException {
        Files.writeString(directory.resolve("report.json"), json(rows) + "\n");
        Files.writeString(directory.resolve("report.md"), markdown(rows));
    }

    /** Writes everything, and returns the charts. */
    Map<Growth, Path> write(List<Row> rows) throws IOException {
        writeSoFar(rows);
        Map<Growth, Path> charts = new Charts(directory).write(Growth.in(rows));
        StringBuilder text = new StringBuilder(markdown(rows));
        charts.forEach((growth, chart) ->
                text.append('\n').append(picture(growth, chart.getFileName().toString())));
        Files.writeString(directory.resolve("report.md"), text);
        return charts;
    }

    private String json(List<Row> rows) {
        JsonObject report = new JsonObject();
        report.add("machine", GSON.toJsonTree(machine));
        JsonArray array = new JsonArray();
        rows.forEach(row -> array.add(json(row)));
        report.add("rows", array);
        JsonArray growths = new JsonArray();
        Growth.in(rows).forEach(growth -> growths.add(json(growth)));
        report.add("growth", growths);
        return GSON.toJson(report);
    }

    private static JsonObject json(Row row) {
        JsonObject object = new JsonObject();
        object.addProperty("what", row.what());
        object.add("parameters", GSON.toJsonTree(row.parameters()));
        row.baseline().ifPresent(figure -> object.add("baseline", GSON.toJsonTree(figure)));
        row.result().ifPresent(figure -> object.add("result", GSON.toJsonTree(figure)));
        row.speed().ifPresent(speed -> object.addProperty("speed", speed));
        if (!row.goal().isEmpty()) {
            object.addProperty("goal", row.goal());
        }
        row.met().ifPresent(met -> object.addProperty("met", met));
        return object;
    }

    private static JsonObject json(Growth growth) {
        JsonObject object = new JsonObject();
        object.addProperty("what", growth.title());
        object.addProperty("parameter", growth.parameter());
        object.addProperty("exponent", growth.exponent());
        return object;
    }

    private String markdown(List<Row> rows) {
        return "# Benchmarks\n\n" + body(machine, rows);
    }

    /** The machine, the table, what was missed and how things grow; for the report and for the README alike. */
    static String body(Map<String, String> machine, List<Row> rows) {
        StringBuilder text = new StringBuilder();
        machine.forEach((name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
        text.append("\nEach figure stands beside its baseline from the same run; the speed is a multiple of that of the"
                        + " baseline. ± is the error\nof the mean, with a confidence of 99.9 %, where several iterations"
                        + " were timed.\n\n")
                .append(table(rows))
                .append('\n')
                .append(misses(rows));
        List<Growth> growths = Growth.in(rows);
        if (!growths.isEmpty()) {
            text.append(
                    "\nHow it grows with the size, by the slope of a line through all sizes on logarithmic axes:\n\n");
            growths.forEach(
                    growth -> text.append("- ").append(growth.describe()).append('\n'));
        }
        return text.toString();
    }

    /** The goals that were not met, in words. */
    static String misses(List<Row> rows) {
        List<Row> missed = rows.stream().filter(row -> !row.met().orElse(true)).toList();
        if (missed.isEmpty()) {
            return "All goals were met in this run.\n";
        }
        StringBuilder text = new StringBuilder("Goals that were missed in this run:\n\n");
        for (Row row : missed) {
            text.append("- ").append(row.what());
            if (!row.parameters().isEmpty()) {
                text.append(" (").append(row.parameterText()).append(')');
            }
            text.append(": ").append(row.isFailed() ? row.goal() : outcome(row)).append('\n');
        }
        return text.toString();
    }

    private static String outcome(Row row) {
        String came = row.result().map(Figure::toString).orElse("–");
        if (row.speed().isPresent()) {
            came += ", " + speed(row) + " the speed";
        }
        return came + "; the goal is " + row.goal();
    }

    private static String speed(Row row) {
        return row.speed().isPresent() ? Figure.round(row.speed().getAsDouble()) + " ×" : "–";
    }

    /** A chart with its text for those who do not see it. */
    static String picture(Growth growth, String file) {
        return "![Chart of " + growth.title() + ": " + growth.unit() + " against " + growth.parameter() + "](" + file
                + ")\n";
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
                            row.result().map(Figure::toString).orElse("–"),
                            speed(row),
                            row.goal(),
                            row.met().map(met -> met ? "yes" : "**no**").orElse("")))
                    .append(" |\n");
        }
        return text.toString();
    }
}
