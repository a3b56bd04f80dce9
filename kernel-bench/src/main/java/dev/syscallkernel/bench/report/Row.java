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
 * @param result what came out
 * @param speed how many times as fast as the baseline
 * @param goal what it should be, in words; empty if nothing is set
 * @param met whether it is, where there is a goal
 */
public record Row(
        String what,
        Map<String, String> parameters,
        Optional<Figure> baseline,
        Figure result,
        OptionalDouble speed,
        String goal,
        Optional<Boolean> met) {

    /** A row without a baseline: a figure and the most that it may be. */
    public static Row atMost(String what, Map<String, String> parameters, Figure result, double limit) {
        return new Row(
                what,
                parameters,
                Optional.empty(),
                result,
                OptionalDouble.empty(),
                "at most " + new Figure(limit, result.unit()),
                Optional.of(result.value() <= limit));
    }

    /** The same beside what it is compared with. */
    public static Row atMost(
            String what, Map<String, String> parameters, Figure baseline, Figure result, double limit) {
        Row alone = atMost(what, parameters, result, limit);
        return new Row(
                what, parameters, Optional.of(baseline), result, OptionalDouble.empty(), alone.goal(), alone.met());
    }

    /** A row with a baseline: how many times as fast it is, and should be; no goal if that is 0. */
    public static Row compared(
            String what, Map<String, String> parameters, Figure baseline, Figure result, double speed, double goal) {
        return new Row(
                what,
                parameters,
                Optional.of(baseline),
                result,
                OptionalDouble.of(speed),
                goal == 0 ? "" : "at least " + Figure.round(goal) + " × the speed",
                goal == 0 ? Optional.empty() : Optional.of(speed >= goal));
    }

    String parameterText() {
        StringBuilder text = new StringBuilder();
        parameters.forEach((name, value) ->
                text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(value));
        return text.toString();
    }
}
