package dev.syscallkernel.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.grpc.KernelServer;
import dev.syscallkernel.grpc.RemoteKernel;
import dev.syscallkernel.local.LocalKernel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples, so that they stay true. */
class ExamplesTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(printed, true, UTF_8);

    @Test
    void aPluginWorksInItsDirectoryAndNowhereElse() {
        Embedding.run(directory, out);

        assertThat(lines()).hasSize(4).startsWith("hello", "notes.txt, 5 bytes");
        assertThat(lines().get(2)).contains("delete_file /workspace/notes.txt", "DELETE_FILE", "[PERMISSION_DENIED]");
        assertThat(lines().get(3)).contains("/workspace/../../etc/passwd", "[PERMISSION_DENIED]");
    }

    @Test
    void onlyWhatAHumanAgreesToIsDeleted() {
        AskBeforeDeleting.run(directory, question -> question.contains("draft"), out);

        assertThat(lines())
                .containsExactly(
                        "/draft.txt is deleted",
                        "delete_file /thesis.txt: nobody agreed to delete it [PERMISSION_DENIED]");
        assertThat(directory).isDirectoryContaining("glob:**thesis.txt").isDirectoryNotContaining("glob:**draft.txt");
    }

    @Test
    void streamsShowTheirProgressInProcess() {
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            StreamingWithProgress.run(kernel, directory, out);
        }

        assertStreamed();
    }

    @Test
    void streamsShowTheirProgressRemotely() throws Exception {
        try (SyscallKernel served = LocalKernel.builder().build();
                KernelServer server = KernelServer.builder(served)
                        .listen("127.0.0.1:0")
                        .mountable(directory)
                        .build()
                        .start();
                SyscallKernel kernel = RemoteKernel.connect(server.address())) {
            StreamingWithProgress.run(kernel, directory, out);
        }

        assertStreamed();
    }

    @Test
    void aRefactoringChangesAllFilesOrNone() throws Exception {
        for (int i = 0; i < 9; i++) {
            Files.writeString(directory.resolve("Use" + i + ".txt"), "uses Foo, and Foo again");
        }
        Files.writeString(directory.resolve("Foo.txt"), "is Foo");

        AtomicRefactoring.run(directory, "Foo", "Bar", out);

        assertThat(lines()).containsExactly("11 changes");
        assertThat(directory.resolve("Bar.txt")).hasContent("is Bar");
        assertThat(directory.resolve("Foo.txt")).doesNotExist();
        assertThat(directory.resolve("Use7.txt")).hasContent("uses Bar, and Bar again");
    }

    @Test
    void aRefactoringThatFailsChangesNothing() throws Exception {
        Files.writeString(directory.resolve("AFoo.txt"), "uses Foo");
        Files.writeString(directory.resolve("Foo.txt"), "is Foo");

        AtomicRefactoring.run(directory, "Foo", ".sk-no", out);

        assertThat(lines().get(0)).isEqualTo("nothing was changed:");
        assertThat(lines().get(1)).contains("[INVALID_ARGUMENT]");
        assertThat(directory.resolve("AFoo.txt")).hasContent("uses Foo");
        assertThat(directory.resolve("Foo.txt")).hasContent("is Foo");
    }

    @Test
    void aRefactoringRefusesWhatItWouldDamage() throws Exception {
        Files.createDirectory(directory.resolve("Foo.d"));
        Files.writeString(directory.resolve("Foo.txt"), "is Foo");
        Files.writeString(directory.resolve("Bar.txt"), "is here");

        assertThatThrownBy(() -> AtomicRefactoring.run(directory, "Foo", "Bar", out))
                .hasMessageContaining("/src/Bar.txt exists already");

        Files.delete(directory.resolve("Bar.txt"));
        Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff});
        assertThatThrownBy(() -> AtomicRefactoring.run(directory, "Foo", "Bar", out))
                .hasMessageContaining("/src/binary is no UTF-8 text");
        assertThat(directory.resolve("Foo.txt")).hasContent("is Foo");
    }

    @Test
    void theBoardShowsWhatBecameOfEachTask() throws Exception {
        Files.write(directory.resolve("big"), new byte[1 << 20]);

        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            TaskBoard.run(kernel, directory, "big", out, false);
        }

        assertThat(lines()).hasSizeGreaterThanOrEqualTo(6);
        assertThat(lines().get(0)).startsWith("copy_file ");
        assertThat(lines())
                .filteredOn(line -> line.startsWith("copy_file COMPLETED 100 % /work/big"))
                .hasSize(1);
        assertThat(lines())
                .filteredOn(line -> line.startsWith("sleep     CANCELLED"))
                .hasSize(1);
        assertThat(lines())
                .filteredOn(line -> line.startsWith("copy_file FAILED"))
                .singleElement()
                .asString()
                .contains("/work/missing", "no such file");
        assertThat(directory.resolve("big.copy")).hasSize(1 << 20);
    }

    private void assertStreamed() {
        assertThat(lines()).startsWith("wrote 100000000 bytes").endsWith("the checksums agree");
        assertThat(lines()).anyMatch(line -> line.startsWith("100000000 of 100000000 bytes"));
    }

    private List<String> lines() {
        return printed.toString(UTF_8).lines().toList();
    }
}
