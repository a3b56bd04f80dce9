package dev.syscallkernel.bench.report;

import dev.syscallkernel.bench.ServerAllocation;
import dev.syscallkernel.bench.Version;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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

/**
 * Runs everything that has a baseline or a goal, and writes the report. What fails becomes a row that says so, and the
 * rest goes on; the files are written anew after every step.
 */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Runs all benchmarks beside their baselines and writes report.json, report.md and charts.",
            "Takes about an hour on two quiet cores; with --quick less than five minutes, for rough figures."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:all was measured",
            "1:something could not be measured; with --strict also: a goal was missed",
            "2:wrong usage"
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

    @Option(names = "--strict", description = "exit with 1 if a goal was missed")
    private boolean strict;

    @Option(
            names = "--publish",
            paramLabel = "PROJECT",
            arity = "0..1",
            fallbackValue = ".",
            description = "also put the table into PROJECT/README.md and charts into its sources; default: here")
    private @Nullable Path publish;

    @Option(names = "-p", hidden = true, description = "PARAM=VALUE[,VALUE]: other parameters, for tests")
    private Map<String, String> parameters = Map.of();

    private final BenchmarkRows results = new BenchmarkRows();
    private final List<Row> rows = new ArrayList<>();

    /** @param measurements what is measured besides the benchmarks of JMH */
    public ReportCommand(List<Measurement> measurements) {
        this.measurements = List.copyOf(measurements);
    }

    @Override
    public Integer call() throws IOException {
        System.setProperty("java.awt.headless", "true");
        Publication publication = publish == null ? null : new Publication(publish);
        Map<String, String> machine = Machine.describe();
        machine.put("kind", quick ? "quick: rough figures from small data" : "complete");
        ReportFiles files = new ReportFiles(output, machine);
        List<String> types = chosenClasses();
        List<Measurement> others = measurements.stream()
                .filter(measurement -> only.matcher(measurement.what()).find())
                .toList();
        int steps = types.size() + others.size();
        if (steps == 0) {
            System.err.println("nothing matches --only " + only);
            return 2;
        }
        int step = 0;
        for (String type : types) {
            announce(++step, steps, type);
            rows.addAll(benchmark(type));
            files.writeSoFar(rows);
        }
        for (Measurement measurement : others) {
            announce(++step, steps, measurement.what());
            rows.addAll(measure(measurement));
            files.writeSoFar(rows);
        }
        System.out.println();
        System.out.println(ReportFiles.table(rows));
        System.out.println(ReportFiles.misses(rows));
        Map<Growth, Path> charts = files.write(rows);
        System.out.println("written to " + output.toAbsolutePath());
        if (publication != null) {
            publication.publish(machine, rows, charts);
        }
        return exitCode();
    }

    private static void announce(int step, int steps, String what) {
        System.out.println();
        System.out.println("### " + step + " of " + steps + ": " + what);
    }

    private int exitCode() {
        boolean failed = rows.stream().anyMatch(Row::isFailed);
        boolean missed = rows.stream().anyMatch(row -> !row.met().orElse(true));
        return failed || (strict && missed) ? 1 : 0;
    }

    private List<Row> benchmark(String type) {
        try {
            Collection<RunResult> results = new Runner(options(type)).run();
            this.results.add(results);
            return this.results.rows(type);
        } catch (RunnerException | RuntimeException failure) {
            System.err.println(type + ": " + failure);
            return List.of(BenchmarkRows.failed(type));
        }
    }

    @SuppressWarnings("CatchingUnchecked") // whatever it is: the others go on
    private List<Row> measure(Measurement measurement) {
        try {
            return measurement.measure(quick);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return List.of(Row.failed(measurement.what(), Map.of(), "interrupted"));
        } catch (Exception | Error failure) {
            failure.printStackTrace();
            return List.of(Row.failed(measurement.what(), Map.of(), failure.toString()));
        }
    }

    private Options options(String type) {
        boolean cold = isCold(type);
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(Pattern.quote(type) + "\\.")
                .shouldFailOnError(false)
                .addProfiler(ServerAllocation.class);
        Map<String, String> sizes = new LinkedHashMap<>(); // JMH would add to what is set already, not replace it
        if (quick) {
            sizes.put("mebibytes", "64");
            sizes.put("operations", "1,10,100");
            sizes.put("chunkSize", "4096,65536,1048576");
            if (cold) {
                options.forks(1);
            } else {
                options.warmupIterations(1)
                        .warmupTime(TimeValue.milliseconds(700))
                        .measurementIterations(2)
                        .measurementTime(TimeValue.milliseconds(500));
            }
        }
        if (cold) {
            sizes.put("chunkSize", "65536");
        }
        sizes.putAll(parameters);
        sizes.forEach((name, values) -> options.param(name, values.split(",")));
        return options.build();
    }

    /** Whether it measures what a new JVM does first, which must not be warmed up. */
    private static boolean isCold(String type) {
        BenchmarkMode mode = BenchmarkRows.load(type).getAnnotation(BenchmarkMode.class);
        return mode != null && List.of(mode.value()).contains(Mode.SingleShotTime);
    }

    /** The classes that have something to compare; what has not is for those who ask JMH for it. */
    private List<String> chosenClasses() {
        return BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
                .stream()
                .map(entry -> entry.getUsername())
                .map(name -> name.substring(0, name.lastIndexOf('.')))
                .distinct()
                .filter(BenchmarkRows::hasRows)
                .filter(type -> only.matcher(type).find())
                .toList();
    }
}
