package dev.syscallkernel.local;

import static dev.syscallkernel.local.LauncherTest.only;
import static dev.syscallkernel.local.LauncherTest.process;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.contract.Bubblewrap;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.contract.Leftovers;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProgramOutput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs of kernels whose JVMs belong to different users. Where the tests run as root, an ordinary user is borrowed;
 * where not, they run as one anyway.
 */
@Timeout(120)
class ProgramUserTest {
    private static final int ORDINARY = 12345;
    private static final int NOBODY = 65534;

    @TempDir
    Path base;

    private final String secret = UUID.randomUUID().toString();
    private final Map<String, String> environment = Map.of("SYSCALLKERNEL_SECRET", secret);
    private final String sleep = Leftovers.uniqueSleep();
    private Path host;
    private Path hidden;

    @BeforeEach
    void prepare() throws IOException {
        Bubblewrap.require();
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        host = Files.createDirectory(base.resolve("host"));
        Files.setPosixFilePermissions(host, PosixFilePermissions.fromString("rwxrwxrwx"));
        hidden = Files.writeString(base.resolve("hidden-" + secret), secret);
        Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static int user(Path of) throws IOException {
        return (Integer) Files.getAttribute(of, "unix:uid");
    }

    private static boolean isRoot() throws IOException {
        return user(Path.of("/proc/self")) == 0;
    }

    /** Runs scripts, each in one line, and answers what they write, in one line. */
    static final class Runner {
        private static final String TREE =
                "trap '' TERM; sleep S & setsid sleep S & (setsid sleep S &) ; sleep S; sleep S";

        private Runner() {}

        /**
         * Does so until its input ends.
         *
         * @param arguments the directory at {@code /w}, and how long what is to be killed sleeps
         */
        public static void main(String[] arguments) throws Exception {
            try (LocalKernel kernel = only(LauncherTier.CONFINED)
                    .programGrace(Duration.ofMillis(200))
                    .build()) {
                KernelProcess process = process(kernel, Path.of(arguments[0]));
                Command tree = LauncherTest.script(TREE.replace("S", arguments[1]));
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    System.out.println(
                            line.equals("kill")
                                    ? kill(process, start(process, tree, arguments[1]), arguments[1])
                                    : line.equals("start") ? start(process, tree, arguments[1]) : run(process, line));
                }
            }
        }

        private static String run(KernelProcess process, String script) throws IOException {
            Pid child = process.spawn(Command.of("/bin/sh", "-c", script)
                            .output(Command.Output.MERGED)
                            .build())
                    .pid();
            try (InputStream output =
                    process.output(child, ProgramOutput.STDOUT).asInputStream()) {
                String text = new String(output.readAllBytes(), UTF_8).replace('\n', ' ');
                return text + "= " + process.await(child).code();
            }
        }

        private static Pid start(KernelProcess process, Command tree, String word) throws InterruptedException {
            Pid child = process.spawn(tree).pid();
            Leftovers.await("sleep\0" + word, 4);
            return child;
        }

        private static String kill(KernelProcess process, Pid child, String word) {
            ExitStatus status = process.execute(new KillProcess(child));
            return status.cause() + " " + status.signal() + ", left: "
                    + Leftovers.of("sleep\0" + word).size();
        }
    }

    private ChildJvm start() throws IOException {
        return ChildJvm.startWith(environment, Runner.class, host.toString(), sleep);
    }

    private ChildJvm startOrdinary() throws IOException {
        if (!isRoot()) {
            return start();
        }
        Path copies = Files.createDirectory(base.resolve("classes"));
        return ChildJvm.startAs(ORDINARY, copies, environment, Runner.class, host.toString(), sleep);
    }

    @Test
    void anOrdinaryUsersProgramsRunAsThatUserAndEndWhenTheyAreKilled() throws Exception {
        int user = isRoot() ? ORDINARY : user(Path.of("/proc/self"));
        try (ChildJvm jvm = startOrdinary()) {
            assertThat(jvm.ask("id -u")).isEqualTo(user + " = 0");
            assertThat(user(Path.of("/proc/" + jvm.pid()))).isEqualTo(user);
            assertRunsAndEnds(jvm, user);
            assertSeesNothing(jvm);
            assertThat(jvm.ask("start")).isNotEmpty();
            jvm.kill();
            awaitNone();
        }
    }

    @Test
    void theProgramsOfRootAreNobodys() throws Exception {
        int user = isRoot() ? NOBODY : user(Path.of("/proc/self"));
        try (ChildJvm jvm = start()) {
            assertThat(jvm.ask("id -u")).isEqualTo(user + " = 0");
            assertRunsAndEnds(jvm, user);
            assertSeesNothing(jvm);
        }
    }

    private void assertRunsAndEnds(ChildJvm jvm, int user) throws IOException {
        assertThat(jvm.ask("echo hello > /w/f; cat /w/f; exit 3")).isEqualTo("hello = 3");
        assertThat(host.resolve("f")).hasContent("hello\n");
        assertThat(user(host.resolve("f"))).isEqualTo(user);
        assertThat(jvm.ask("kill")).isEqualTo("CANCELLED 9, left: 0");
    }

    /** Neither what is in the environment of the JVM nor a file that its user could read. */
    private void assertSeesNothing(ChildJvm jvm) throws IOException {
        assertThat(Files.readString(Path.of("/proc/" + jvm.pid() + "/environ"))).contains(secret);
        assertThat(jvm.ask("env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"))
                .contains("PATH=")
                .doesNotContain(secret);
        assertThat(jvm.ask("cat " + hidden)).contains("No such file").doesNotEndWith("= 0");
        assertThat(jvm.ask("cat /proc/1/root" + hidden)).doesNotEndWith("= 0");
        assertThat(
                        jvm.ask(
                                "find / '(' -path /usr -o -path /proc ')' -prune -o -name 'hidden*' -print 2>/dev/null; find /w -name f"))
                .isEqualTo("/w/f = 0");
    }

    private void awaitNone() throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!Leftovers.of("sleep\0" + sleep).isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        Leftovers.assertNone("sleep\0" + sleep);
    }
}
