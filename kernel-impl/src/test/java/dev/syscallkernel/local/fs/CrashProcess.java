package dev.syscallkernel.local.fs;

import dev.syscallkernel.local.fs.Failpoints.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** A JVM of its own that executes a batch, or a recovery, and is halted in the middle. */
final class CrashProcess {
    private CrashProcess() {}

    /**
     * Runs a scenario's batch, or only the recovery.
     *
     * @param arguments the directory of the case; what to do: atomic, durable or recover; the seed of the scenario; the
     *     number of the operation; the fault
     */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        Failpoints points = new Failpoints(Integer.parseInt(arguments[3]), Fault.valueOf(arguments[4]));
        try (Transactions transactions =
                Transactions.open(directory.resolve("journal"), directory.resolve("scratch"), Set.of(), points)) {
            if (!arguments[1].equals("recover")) {
                Scenario scenario = new Scenario(Integer.parseInt(arguments[2]));
                Scenario.run(
                        transactions,
                        directory.resolve("root"),
                        arguments[1].equals("durable"),
                        scenario.calls(directory.resolve("trial")));
            }
        }
    }
}
