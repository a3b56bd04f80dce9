package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that has used up its descriptors. */
@Timeout(60)
class ExhaustionTest {
    @TempDir
    Path host;

    @Test
    void mountsAreNotBlamedForDescriptorsThatAreUsedUp() throws Exception {
        try (ChildJvm child = ChildJvm.startWithDescriptors(128, Mounting.class, host.toString())) {
            assertThat(child.readLine())
                    .contains("/w: ")
                    .contains("no file descriptor")
                    .endsWith("[RESOURCE_EXHAUSTED]");
        }
    }

    /** The program in the other JVM. */
    static final class Mounting {
        private Mounting() {}

        public static void main(String[] arguments) {
            Path directory = Path.of(arguments[0]);
            mount(directory).release(); // so that all classes are loaded while there are descriptors to load them by
            assertThat(HostErrors.isExhaustion(new IOException())).isFalse();
            List<FileChannel> held = new ArrayList<>();
            try {
                while (held.size() < 1000) {
                    held.add(FileChannel.open(Path.of("/dev/null")));
                }
            } catch (IOException exhausted) {
                System.out.println(outcome(directory));
            }
        }

        private static FileTree mount(Path directory) {
            return FileTree.open(
                    List.of(new Mount.HostDirectory("/w", directory, Access.READ_ONLY)),
                    directory.resolve("scratch"),
                    Transactions.withoutJournal());
        }

        private static String outcome(Path directory) {
            try {
                mount(directory).release();
                return "mounted";
            } catch (SyscallException refusal) {
                return String.valueOf(refusal.getMessage());
            }
        }
    }
}
