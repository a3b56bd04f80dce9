package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that was started in a locale without UTF-8 cannot name every file. */
class LocaleTest {
    @TempDir
    private Path host;

    @Test
    void aNameThatTheJvmCannotExpressIsRefusedWithTheWayOut() throws Exception {
        Files.writeString(host.resolve("größe"), "");
        Files.writeString(host.resolve("plain"), "");
        ProcessBuilder builder = new ProcessBuilder(ChildJvm.command(List.of(), Program.class, host.toString()));
        builder.environment().put("LC_ALL", "C");
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(output.lines())
                .hasSize(3)
                .satisfiesExactly(
                        first -> assertThat(first).contains("LC_ALL=C.UTF-8", "[INVALID_ARGUMENT]"),
                        second -> assertThat(second).startsWith("gr").endsWith("e false"),
                        third -> assertThat(third).isEqualTo("plain true"));
        try (var names = Files.list(host)) {
            assertThat(names).hasSize(2);
        }
    }

    /** Runs in the other JVM. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) throws IOException {
            Path host = Path.of(arguments[0]);
            FileTree tree = FileTree.open(
                    List.of(new Mount.HostDirectory("/w", host, Access.READ_WRITE)),
                    host.resolve("scratch"),
                    Transactions.withoutJournal());
            try {
                tree.writeFile(call(), "/w/gr\u00f6\u00dfer", ByteBuffer.allocate(0));
            } catch (SyscallException refused) {
                System.out.println(refused.getMessage());
            }
            for (DirectoryEntry entry : tree.listDirectory(call(), "/w")) {
                System.out.println(entry.name() + " " + entry.decodable());
            }
        }
    }
}
