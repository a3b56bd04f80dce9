package dev.syscallkernel.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How one figure grows with one parameter, the others being the same.
 *
 * @param what what was measured
 * @param parameter what grows
 * @param others the parameters that stay the same
 * @param points the rows, by the value of the parameter; at least three
 */
record Growth(String what, String parameter, Map<String, String> others, SortedMap<Double, Row> points) {
    private static final int FEWEST_POINTS = 3;

    private record Subject(String what, String parameter, Map<String, String> others, String unit) {}

    /** All that was measured at three sizes or more. */
    static List<Growth> in(List<Row> rows) {
        Map<Subject, TreeMap<Double, Row>> subjects = new LinkedHashMap<>();
        for (Row row : rows) {
            row.parameters().forEach((parameter, value) -> {
                if (value.matches("\\d+") && row.value() > 0) {
                    Map<String, String> others = new LinkedHashMap<>(row.parameters());
                    others.remove(parameter);
                    subjects.computeIfAbsent(
                                    new Subject(row.what(), parameter, others, row.unit()), any -> new TreeMap<>())
                            .put(Double.valueOf(value), row);
                }
            });
        }
        List<Growth> all = new ArrayList<>();
        subjects.forEach((subject, points) -> {
            if (points.size() >= FEWEST_POINTS) {
                all.add(new Growth(subject.what(), subject.parameter(), subject.others(), points));
            }
        });
        return all;
    }

    String title() {
        StringBuilder title = new StringBuilder(what);
        others.forEach(
                (name, value) -> title.append(", ").append(name).append(' ').append(value));
        return title.toString();
    }

    String unit() {
        return points.values().iterator().next().unit();
    }

    /** The slope of the straight line through the points, both axes logarithmic: 1 is linear, 0 is constant. */
    double exponent() {
        double meanX = points.keySet().stream().mapToDouble(Math::log).average().orElseThrow();
        double meanY = points.values().stream()
                .mapToDouble(row -> Math.log(row.value()))
                .average()
                .orElseThrow();
        double products = 0;
        double squares = 0;
        for (Map.Entry<Double, Row> point : points.entrySet()) {
            double x = Math.log(point.getKey()) - meanX;
            products += x * (Math.log(point.getValue().value()) - meanY);
            squares += x * x;
        }
        return products / squares;
    }

    /** How it grows, in words. */
    String describe() {
        double exponent = exponent();
        String power = String.format(Locale.ROOT, "%s^%.2f", parameter, exponent);
        if (Math.abs(exponent) < 0.1) {
            return title() + ": constant in " + parameter + " (" + power + ")";
        }
        if (Math.abs(exponent - 1) < 0.15) {
            return title() + ": linear in " + parameter + " (" + power + ")";
        }
        return title() + ": grows as " + power;
    }
}
