package dev.syscallkernel.bench;

import dev.syscallkernel.bench.report.Measurement;
import dev.syscallkernel.bench.report.ReportCommand;
import dev.syscallkernel.bench.soak.SoakCommand;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/**
 * The entry of the jar: {@code report} measures everything, {@code soak} looks for what is left behind; anything else is
 * for JMH.
 */
final class Main {
    private static final String USAGE = """
            Usage: java -jar benchmarks.jar report [--quick] ...   measures everything, writes table, JSON and charts
                   java -jar benchmarks.jar soak [--seconds N] ... does everything at once, looks for what is left
                   java -jar benchmarks.jar --version
                   java -jar benchmarks.jar [JMH's options] [REGEX] ...
            The first two have --help of their own.
            """;

    private Main() {}

    public static void main(String[] args) throws Exception {
        String command = args.length == 0 ? "" : args[0];
        switch (command) {
            case "report" -> run(new ReportCommand(measurements()), args);
            case "soak" -> run(new SoakCommand(), args);
            case "--version", "-V" -> System.out.println(new Version().getVersion()[0]);
            case "" -> System.out.print(USAGE);
            case "-h", "--help" -> {
                System.out.println(USAGE);
                System.out.println("JMH's options:");
                org.openjdk.jmh.Main.main(new String[] {"-h"});
            }
            default -> org.openjdk.jmh.Main.main(args);
        }
    }

    private static List<Measurement> measurements() {
        return List.of(
                new ServerStart(), new SmallServer(), new WaitingBatch(), new CompetingTasks(), new SleepingTasks());
    }

    private static void run(Object command, String[] args) {
        System.exit(new CommandLine(command).execute(Arrays.copyOfRange(args, 1, args.length)));
    }
}
