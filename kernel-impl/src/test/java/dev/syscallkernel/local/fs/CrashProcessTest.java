package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.local.fs.Failpoints.Fault;
import dev.syscallkernel.local.fs.RecoveryReport.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kernels in JVMs of their own that are halted in the middle of atomic batches, and of recoveries. A sample of the cases,
 * unless {@code -Dsyscallkernel.crash.full=true}.
 */
@Tag("long")
@Timeout(1200)
class CrashProcessTest {
    private static final boolean FULL = Boolean.getBoolean("syscallkernel.crash.full");
    private static final int SAMPLE = 20;

    @TempDir(factory = FastDisk.class)
    private Path host;

    private Map<String, String> before = Map.of();
    private Map<String, String> after = Map.of();

    /**
     * One JVM halted in a batch, and perhaps a second one in the recovery.
     *
     * @param again at which operation of the recovery; 0 for none
     */
    private record Case(String mode, int seed, int at, Fault fault, int again) {}

    private void prepare(Case one) throws IOException {
        Scenario.remove(host);
        Files.createDirectory(host);
        Scenario scenario = new Scenario(one.seed);
        scenario.prepare(host.resolve("root"));
        before = Scenario.snapshot(host.resolve("root"));
        scenario.prepare(host.resolve("oracle"));
        assertThat(scenario.calls(host.resolve("oracle"))).isNotEmpty();
        after = Scenario.snapshot(host.resolve("oracle"));
        scenario.prepare(host.resolve("trial"));
    }

    private int start(String mode, int seed, int at, Fault fault) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-cp",
                        classPath(),
                        CrashProcess.class.getName(),
                        host.toString(),
                        mode,
                        Integer.toString(seed),
                        Integer.toString(at),
                        fault.name())
                .redirectErrorStream(true)
                .redirectOutput(host.resolve("output").toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** With modules, the JVM of the test has its classes on the module path. */
    private static String classPath() {
        List<String> all = new ArrayList<>();
        for (String property : List.of("surefire.test.class.path", "java.class.path", "jdk.module.path")) {
            all.add(System.getProperty(property, ""));
        }
        for (Class<?> type : List.of(CrashProcess.class, Transactions.class, dev.syscallkernel.Syscall.class)) {
            all.add(Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .getPath())
                    .toString());
        }
        return String.join(System.getProperty("path.separator"), all);
    }

    private List<Case> cases() throws Exception {
        List<Case> cases = new ArrayList<>();
        for (int seed : FULL ? List.of(0, 1, 2, 3) : List.of(0)) {
            for (String mode : List.of("atomic", "durable")) {
                prepare(new Case(mode, seed, 0, Fault.NONE, 0));
                int operations = count(mode, seed);
                for (int at = 1; at <= operations; at++) {
                    cases.add(new Case(mode, seed, at, Fault.HALT_BEFORE, 0));
                    cases.add(new Case(mode, seed, at, Fault.HALT_AFTER, 0));
                    cases.add(new Case(mode, seed, at, Fault.HALT_AFTER, 1 + at % 11));
                }
            }
        }
        if (!FULL) {
            Collections.shuffle(cases, new Random(42));
            return cases.subList(0, SAMPLE);
        }
        return cases;
    }

    private int count(String mode, int seed) throws IOException {
        Failpoints none = Failpoints.none();
        try (Transactions transactions =
                Transactions.open(host.resolve("journal"), host.resolve("scratch"), Set.of(), none)) {
            Scenario.run(
                    transactions,
                    host.resolve("root"),
                    mode.equals("durable"),
                    new Scenario(seed).calls(host.resolve("trial")));
        }
        return none.count();
    }

    @Test
    void aHaltedJvmLeavesAllOrNothing() throws Exception {
        List<Case> cases = cases();
        int again = 0;
        for (Case one : cases) {
            prepare(one);
            assertThat(start(one.mode, one.seed, one.at, one.fault))
                    .as("%s: %s", one, host.resolve("output"))
                    .isEqualTo(Failpoints.HALTED);
            if (one.again > 0 && start("recover", 0, one.again, Fault.HALT_AFTER) == Failpoints.HALTED) {
                again++;
            }
            assertThat(recover()).as("%s", one).noneMatch(found -> found.action() == Action.IN_DOUBT);
            Map<String, String> now = Scenario.snapshot(host.resolve("root"));
            assertThat(now.equals(before) || now.equals(after))
                    .as("%s: neither before nor after: %s", one, now)
                    .isTrue();
            assertThat(recover()).as("%s", one).isEmpty();
            assertThat(Scenario.snapshot(host.resolve("root"))).isEqualTo(now);
        }
        assertThat(cases.size() + again).isGreaterThanOrEqualTo(FULL ? 500 : SAMPLE);
        System.out.printf(
                "%d JVMs halted in a batch, %d more within the recovery: all or nothing%n", cases.size(), again);
    }

    private List<RecoveryReport.Recovered> recover() {
        try (Transactions transactions =
                Transactions.open(host.resolve("journal"), host.resolve("scratch"), Set.of(), new HostOperations())) {
            return transactions.recovery().transactions();
        }
    }
}
