package dev.syscallkernel.bench.report;

import dev.syscallkernel.bench.ServerAllocation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** Turns the results of JMH into rows: each benchmark that is {@link Compared} beside its baseline at the same size. */
final class BenchmarkRows {
    /** In MiB for each GiB that is moved. */
    private static final double MOST_ALLOCATION = 100;

    private record Key(String benchmark, Map<String, String> parameters) {}

    private final Map<Key, RunResult> results = new LinkedHashMap<>();

    BenchmarkRows(Collection<RunResult> all) {
        for (RunResult result : all) {
            results.put(new Key(result.getParams().getBenchmark(), parameters(result.getParams())), result);
        }
    }

    private static Map<String, String> parameters(BenchmarkParams params) {
        Map<String, String> parameters = new LinkedHashMap<>();
        params.getParamsKeys().stream().sorted().forEach(key -> parameters.put(key, params.getParam(key)));
        return parameters;
    }

    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        results.forEach((key, result) -> {
            Compared compared = comparison(key.benchmark());
            if (compared != null) {
                String type = key.benchmark().substring(0, key.benchmark().lastIndexOf('.'));
                RunResult baseline = results.get(new Key(type + "." + compared.to(), key.parameters()));
                if (baseline != null) {
                    rows.add(row(compared, key.parameters(), baseline, result));
                    allocation(compared, key.parameters(), baseline, result).ifPresent(rows::add);
                }
            }
        });
        return rows;
    }

    private static Row row(Compared compared, Map<String, String> parameters, RunResult baseline, RunResult result) {
        Result<?> before = baseline.getPrimaryResult();
        Result<?> after = result.getPrimaryResult();
        double speed = result.getParams().getMode() == Mode.Throughput
                ? after.getScore() / before.getScore()
                : before.getScore() / after.getScore();
        return Row.compared(
                compared.what(),
                parameters,
                new Figure(before.getScore(), before.getScoreUnit()),
                new Figure(after.getScore(), after.getScoreUnit()),
                speed,
                hasGoal(compared, parameters) ? compared.goal() : 0);
    }

    /** What a benchmark with a server found beside the time. */
    private static Optional<Row> allocation(
            Compared compared, Map<String, String> parameters, RunResult baseline, RunResult result) {
        Result<?> before = baseline.getSecondaryResults().get(ServerAllocation.RESULT);
        Result<?> after = result.getSecondaryResults().get(ServerAllocation.RESULT);
        if (before == null || after == null || !hasGoal(compared, parameters)) {
            return Optional.empty();
        }
        return Optional.of(Row.atMost(
                compared.what() + ": heap that the server allocates for each GiB",
                parameters,
                new Figure(before.getScore(), "MiB"),
                new Figure(after.getScore(), "MiB"),
                MOST_ALLOCATION));
    }

    private static boolean hasGoal(Compared compared, Map<String, String> parameters) {
        if (compared.goalAt().isEmpty()) {
            return true;
        }
        for (String wanted : compared.goalAt().split(",", -1)) {
            String[] parts = wanted.trim().split("=", 2);
            if (parts.length != 2 || !parts[1].equals(parameters.get(parts[0]))) {
                return false;
            }
        }
        return true;
    }

    /** What a benchmark is compared with, or null if it is a baseline itself. */
    static @Nullable Compared comparison(String benchmark) {
        int dot = benchmark.lastIndexOf('.');
        try {
            for (Method method : Class.forName(benchmark.substring(0, dot)).getMethods()) {
                if (method.getName().equals(benchmark.substring(dot + 1))) {
                    return method.getAnnotation(Compared.class);
                }
            }
            return null;
        } catch (ClassNotFoundException gone) {
            throw new IllegalStateException("no such benchmark: " + benchmark, gone);
        }
    }
}
