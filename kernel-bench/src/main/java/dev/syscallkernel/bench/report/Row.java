package dev.syscallkernel.bench.report;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One line of the report.
 *
 * @param what what was measured
 * @param parameters at which size
 * @param baseline what it is compared with, empty if with nothing
 * @param result what came out, empty if the measurement failed
 * @param speed how many times as fast as the baseline
 * @param goal what it should be, in words; empty if nothing is set
 * @param met whether it is, where there is a goal; never where the measurement failed
 */
public record Row(
        String what,
        Map<String, String> parameters,
        Optional<Figure> baseline,
        Optional<Figure> result,
        OptionalDouble speed,
        String goal,
        Optional<Boolean> met) {

    /** A row without a goal, and without a baseline yet. */
    public static Row of(String what, Map<String, String> parameters, Figure result) {
        return new Row(
                what, parameters, Optional.empty(), Optional.of(result), OptionalDouble.empty(), "", Optional.empty());
    }

    /** What could not be measured, which counts as a goal that was missed. */
    public static Row failed(String what, Map<String, String> parameters, String why) {
        return new Row(
                what,
                parameters,
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                "failed: " + why.replaceAll("[\\s|]+", " "),
                Optional.of(false));
    }

    /** The same beside what it is compared with, where nobody asks which is faster. */
    public Row beside(Figure before) {
        return new Row(what, parameters, Optional.of(before), result, speed, goal, met);
    }

    /** The same beside what it is compared with, and how many times as fast it is. */
    public Row beside(Figure before, double times) {
        return new Row(what, parameters, Optional.of(before), result, OptionalDouble.of(times), goal, met);
    }

    /** With a goal for its speed, besides those that it has. Only after {@link #beside(Figure, double)}. */
    public Row speedAtLeast(double times) {
        return with("≥ " + Figure.round(times) + " × the speed", speed.orElse(0) >= times);
    }

    /** With a goal for the figure, besides those that it has. */
    public Row atMost(double limit) {
        return with("≤ " + new Figure(limit, unit()), value() <= limit);
    }

    /** With a goal for the figure, besides those that it has. */
    public Row atLeast(double limit) {
        return with("≥ " + new Figure(limit, unit()), value() >= limit);
    }

    private Row with(String more, boolean holds) {
        return new Row(
                what,
                parameters,
                baseline,
                result,
                speed,
                goal.isEmpty() ? more : goal + ", " + more,
                Optional.of(met.orElse(true) && holds));
    }

    boolean isFailed() {
        return result.isEmpty();
    }

    /** What came out; not a number if the measurement failed. */
    double value() {
        return result.map(Figure::value).orElse(Double.NaN);
    }

    String unit() {
        return result.map(Figure::unit).orElse("");
    }

    String parameterText() {
        StringBuilder text = new StringBuilder();
        parameters.forEach((name, value) ->
                text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(value));
        return text.toString();
    }
}
