package dev.syscallkernel.bench.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws how figures grow. */
final class Charts {
    private final Path directory;

    Charts(Path directory) {
        this.directory = directory;
    }

    /**
     * Draws what can be drawn, and returns the files. What fails is said and left out: a picture is worth less than the
     * table, and some JVMs have no fonts or no drawing at all.
     */
    @SuppressWarnings("CatchingUnchecked") // and errors: the native libraries may be missing
    Map<Growth, Path> write(List<Growth> all) {
        Map<Growth, Path> files = new LinkedHashMap<>();
        for (Growth growth : all) {
            try {
                files.put(growth, draw(growth));
            } catch (Exception | LinkageError failure) {
                System.err.println("no chart of " + growth.title() + ": " + failure);
            }
        }
        return files;
    }

    private Path draw(Growth growth) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(720)
                .height(380)
                .title(growth.title())
                .xAxisTitle(growth.parameter())
                .yAxisTitle(growth.unit())
                .build();
        chart.getStyler().setXAxisLogarithmic(true);
        chart.getStyler().setYAxisLogarithmic(true);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        List<Double> sizes = List.copyOf(growth.points().keySet());
        if (growth.points().values().stream().allMatch(row -> row.baseline().isPresent())) {
            chart.addSeries(
                    "baseline",
                    sizes,
                    growth.points().values().stream()
                            .map(row -> row.baseline().orElseThrow().value())
                            .toList());
        }
        chart.addSeries(
                "SyscallKernel",
                sizes,
                growth.points().values().stream().map(Row::value).toList());
        Path file = directory.resolve(fileName(growth));
        VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
        return file;
    }

    private static String fileName(Growth growth) {
        return slug(growth.what() + " " + growth.parameter() + " "
                        + growth.others().values()) + ".svg";
    }

    static String slug(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }
}
