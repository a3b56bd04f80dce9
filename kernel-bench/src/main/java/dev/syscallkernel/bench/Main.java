package dev.syscallkernel.bench;

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
    private Main() {}

    public static void main(String[] args) throws Exception {
        String command = args.length == 0 ? "" : args[0];
        switch (command) {
            case "report" -> run(new ReportCommand(List.of(new SleepingTasks(), new CompetingTasks())), args);
            case "soak" -> run(new SoakCommand(), args);
            default -> org.openjdk.jmh.Main.main(args);
        }
    }

    private static void run(Object command, String[] args) {
        System.exit(new CommandLine(command).execute(Arrays.copyOfRange(args, 1, args.length)));
    }
}
