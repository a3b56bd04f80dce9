package dev.syscallkernel.bench.report;

import dev.syscallkernel.bench.ServerAllocation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs everything that has a baseline or a goal, and writes the report. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = {
            "Runs all benchmarks beside their baselines and writes report.json, report.md and charts.",
            "Takes about half an hour, with --quick a few minutes; a rough figure then."
        })
public final class ReportCommand implements Callable<Integer> {
    private final List<Measurement> measurements;

    @Option(names = "--quick", description = "few and short iterations over small data")
    private boolean quick;

    @Option(
            names = "--only",
            paramLabel = "REGEX",
            description = "run only what matches, by class name or by the name of a measurement")
    private Pattern only = Pattern.compile("");

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "where the report goes; default: ${DEFAULT-VALUE}",
            defaultValue = "kernel-bench/target/report")
    private Path output = Path.of("");

    /** @param measurements what is measured besides the benchmarks of JMH */
    public ReportCommand(List<Measurement> measurements) {
        this.measurements = List.copyOf(measurements);
    }

    @Override
    public Integer call() throws Exception {
        ReportFiles files = new ReportFiles(output);
        Map<String, String> machine = Machine.describe();
        List<Row> rows = new ArrayList<>(benchmarks());
        for (Measurement measurement : measurements) {
            if (only.matcher(measurement.what()).find()) {
                System.out.println("# " + measurement.what());
                rows.addAll(measurement.measure(quick));
            }
        }
        if (rows.isEmpty()) {
            System.err.println("nothing matches --only " + only);
            return 2;
        }
        files.write(machine, rows);
        System.out.println();
        System.out.println(ReportFiles.table(rows));
        System.out.println("written to " + output.toAbsolutePath());
        return 0;
    }

    private List<Row> benchmarks() throws RunnerException, IOException {
        List<RunResult> results = new ArrayList<>();
        Map<Boolean, List<String>> chosen =
                chosenClasses().stream().collect(Collectors.partitioningBy(ReportCommand::isCold));
        for (Map.Entry<Boolean, List<String>> kind : chosen.entrySet()) {
            if (!kind.getValue().isEmpty()) {
                results.addAll(new Runner(options(kind.getValue(), kind.getKey())).run());
            }
        }
        return new BenchmarkRows(results).rows();
    }

    private Options options(List<String> types, boolean cold) {
        ChainedOptionsBuilder options =
                new OptionsBuilder().shouldFailOnError(true).addProfiler(ServerAllocation.class);
        types.forEach(type -> options.include(Pattern.quote(type) + "\\."));
        if (quick) {
            options.param("mebibytes", "64");
            if (cold) {
                options.forks(2);
            } else {
                options.warmupIterations(1)
                        .warmupTime(TimeValue.seconds(1))
                        .measurementIterations(2)
                        .measurementTime(TimeValue.seconds(1));
            }
        }
        return options.build();
    }

    /** Whether it measures what a new JVM does first, which must not be warmed up. */
    private static boolean isCold(String type) {
        try {
            BenchmarkMode mode = Class.forName(type).getAnnotation(BenchmarkMode.class);
            return mode != null && List.of(mode.value()).contains(Mode.SingleShotTime);
        } catch (ClassNotFoundException gone) {
            throw new IllegalStateException("no such benchmark: " + type, gone);
        }
    }

    /** The classes that have something to compare; what has not is for those who ask JMH for it. */
    private List<String> chosenClasses() {
        return BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
                .stream()
                .map(entry -> entry.getUsername())
                .filter(name -> BenchmarkRows.comparison(name) != null)
                .map(name -> name.substring(0, name.lastIndexOf('.')))
                .filter(type -> only.matcher(type).find())
                .distinct()
                .toList();
    }
}
