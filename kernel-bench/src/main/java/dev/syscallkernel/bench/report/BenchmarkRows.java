package dev.syscallkernel.bench.report;

import dev.syscallkernel.bench.ServerAllocation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * Turns the results of JMH into rows: each benchmark that is {@link Compared} beside its baseline at the same size, and a
 * row that says so for each that has no result.
 */
final class BenchmarkRows {
    /** In MiB for each GiB that is moved. */
    private static final double MOST_ALLOCATION = 100;

    private record Key(String benchmark, Map<String, String> parameters) {}

    private final Map<Key, RunResult> results = new LinkedHashMap<>();

    /** Takes further results, which the rows of later classes can be compared with. */
    void add(Collection<RunResult> more) {
        for (RunResult result : more) {
            results.put(new Key(result.getParams().getBenchmark(), parameters(result.getParams())), result);
        }
    }

    private static Map<String, String> parameters(BenchmarkParams params) {
        Map<String, String> parameters = new LinkedHashMap<>();
        params.getParamsKeys().stream().sorted().forEach(key -> parameters.put(key, params.getParam(key)));
        return parameters;
    }

    /** The rows of one class. */
    List<Row> rows(String type) {
        Set<Map<String, String>> sizes = new LinkedHashSet<>();
        results.keySet().stream()
                .filter(key -> key.benchmark().startsWith(type + "."))
                .forEach(key -> sizes.add(key.parameters()));
        if (sizes.isEmpty()) {
            return List.of(failed(type));
        }
        List<Row> rows = new ArrayList<>();
        for (Method method : benchmarks(type)) {
            for (Compared compared : method.getAnnotationsByType(Compared.class)) {
                for (Map<String, String> size : sizes) {
                    rows.addAll(rows(type, method.getName(), compared, size));
                }
            }
        }
        return rows;
    }

    static Row failed(String type) {
        return Row.failed(type.substring(type.lastIndexOf('.') + 1), Map.of(), "no result, see the output above");
    }

    private List<Row> rows(String type, String method, Compared compared, Map<String, String> size) {
        RunResult result = results.get(new Key(type + "." + method, size));
        String what = compared.what();
        if (result == null) {
            return List.of(Row.failed(what, size, "no result, see the output above"));
        }
        Goals goals = new Goals(compared, size);
        Figure figure = figure(compared, result);
        if (compared.to().isEmpty()) {
            return List.of(goals.set(Row.of(what, size, figure)));
        }
        RunResult baseline = results.get(new Key(baseline(type, compared.to()), size));
        if (baseline == null) {
            boolean elsewhere = compared.to().indexOf('.') >= 0; // and perhaps not chosen to run
            return elsewhere ? List.of() : List.of(Row.failed(what, size, "the baseline has no result"));
        }
        List<Row> rows = new ArrayList<>();
        rows.add(goals.set(Row.of(what, size, figure).beside(figure(compared, baseline), speed(baseline, result))));
        if (compared.to().indexOf('.') < 0) {
            allocation(goals, baseline, result).ifPresent(rows::add);
        }
        return rows;
    }

    private static String baseline(String type, String to) {
        return to.indexOf('.') < 0 ? type + "." + to : type.substring(0, type.lastIndexOf('.') + 1) + to;
    }

    private static double speed(RunResult baseline, RunResult result) {
        double before = baseline.getPrimaryResult().getScore();
        double after = result.getPrimaryResult().getScore();
        return result.getParams().getMode() == Mode.Throughput ? after / before : before / after;
    }

    private static Figure figure(Compared compared, RunResult run) {
        Result<?> result = run.getPrimaryResult();
        double error = Double.isFinite(result.getScoreError()) ? result.getScoreError() : 0;
        if (!compared.moves()) {
            return new Figure(
                    result.getScore(),
                    error,
                    result.getScoreUnit().replace("us/op", "µs").replace("ms/op", "ms"));
        }
        double bytes = Long.parseLong(run.getParams().getParam("mebibytes")) * (double) (1 << 20);
        double seconds = result.getScore() * run.getParams().getTimeUnit().toNanos(1) / 1e9;
        double speed = bytes / seconds / 1e9;
        return new Figure(speed, speed * error / result.getScore(), "GB/s");
    }

    /** What a benchmark with a server found beside the time. */
    private static Optional<Row> allocation(Goals goals, RunResult baseline, RunResult result) {
        Result<?> before = baseline.getSecondaryResults().get(ServerAllocation.RESULT);
        Result<?> after = result.getSecondaryResults().get(ServerAllocation.RESULT);
        if (before == null || after == null || !goals.apply()) {
            return Optional.empty();
        }
        return Optional.of(Row.of(
                        goals.compared().what() + ": heap that the server allocates for each GiB",
                        goals.size(),
                        new Figure(after.getScore(), "MiB"))
                .atMost(MOST_ALLOCATION)
                .beside(new Figure(before.getScore(), "MiB")));
    }

    private record Goals(Compared compared, Map<String, String> size) {
        boolean apply() {
            if (compared.goalAt().isEmpty()) {
                return true;
            }
            for (String wanted : compared.goalAt().split(",", -1)) {
                String[] parts = wanted.trim().split("=", 2);
                if (parts.length != 2 || !parts[1].equals(size.get(parts[0]))) {
                    return false;
                }
            }
            return true;
        }

        Row set(Row row) {
            Row goal = row;
            if (apply()) {
                goal = compared.goal() > 0 ? goal.speedAtLeast(compared.goal()) : goal;
                goal = compared.least() > 0 ? goal.atLeast(compared.least()) : goal;
                goal = compared.most() > 0 ? goal.atMost(compared.most()) : goal;
            }
            return goal;
        }
    }

    /** The benchmarks of a class, in the order of their names: the JVM gives them in none. */
    private static List<Method> benchmarks(String type) {
        return List.of(load(type).getMethods()).stream()
                .filter(method -> method.isAnnotationPresent(Benchmark.class))
                .sorted((one, other) -> one.getName().compareTo(other.getName()))
                .toList();
    }

    /** Whether a class has anything to compare. */
    static boolean hasRows(String type) {
        return benchmarks(type).stream().anyMatch(method -> method.getAnnotationsByType(Compared.class).length > 0);
    }

    static Class<?> load(String type) {
        try {
            return Class.forName(type);
        } catch (ClassNotFoundException gone) {
            throw new IllegalStateException("no such benchmark: " + type, gone);
        }
    }
}
