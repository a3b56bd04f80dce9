package dev.syscallkernel.bench.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws how a figure grows with the size, for everything that was measured at three sizes or more. */
final class Charts {
    private static final int FEWEST_POINTS = 3;

    /** What one chart shows: a thing, the parameter that grows, and the others, which stay the same. */
    private record Subject(String what, String parameter, Map<String, String> others, String unit) {
        String title() {
            StringBuilder title = new StringBuilder(what);
            others.forEach(
                    (name, value) -> title.append(", ").append(name).append(' ').append(value));
            return title.toString();
        }

        String fileName() {
            return title().toLowerCase(Locale.ROOT)
                            .replaceAll("[^a-z0-9]+", "-")
                            .replaceAll("^-|-$", "") + ".svg";
        }
    }

    private final Path directory;

    Charts(Path directory) {
        this.directory = directory;
    }

    /** Writes the charts and returns their files. */
    List<Path> write(List<Row> rows) throws IOException {
        Map<Subject, NavigableMap<Double, Row>> subjects = new LinkedHashMap<>();
        for (Row row : rows) {
            row.parameters().forEach((parameter, value) -> {
                if (value.matches("\\d+")) {
                    Map<String, String> others = new LinkedHashMap<>(row.parameters());
                    others.remove(parameter);
                    subjects.computeIfAbsent(
                                    new Subject(
                                            row.what(),
                                            parameter,
                                            others,
                                            row.result().unit()),
                                    subject -> new TreeMap<>())
                            .put(Double.valueOf(value), row);
                }
            });
        }
        List<Path> files = new ArrayList<>();
        for (Map.Entry<Subject, NavigableMap<Double, Row>> entry : subjects.entrySet()) {
            if (entry.getValue().size() >= FEWEST_POINTS) {
                files.add(draw(entry.getKey(), entry.getValue()));
            }
        }
        return files;
    }

    private Path draw(Subject subject, NavigableMap<Double, Row> points) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(720)
                .height(380)
                .title(subject.title())
                .xAxisTitle(subject.parameter())
                .yAxisTitle(subject.unit())
                .build();
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        List<Double> sizes = List.copyOf(points.keySet());
        if (points.values().stream().allMatch(row -> row.baseline().isPresent())) {
            chart.addSeries(
                    "baseline",
                    sizes,
                    points.values().stream()
                            .map(row -> row.baseline().orElseThrow().value())
                            .toList());
        }
        chart.addSeries(
                "SyscallKernel",
                sizes,
                points.values().stream().map(row -> row.result().value()).toList());
        Path file = directory.resolve(subject.fileName());
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
        return file;
    }
}
