package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.Mount;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    private Path host;

    @Test
    void doesTheBasics() {
        FileTree tree = FileTree.open(
                List.of(new Mount.HostDirectory("/w", host, Access.READ_WRITE), new Mount.Scratch("/scratch")),
                host.resolve("../scratch-of-" + host.getFileName()));
        tree.createDirectory(call(), "/w/d");
        tree.createDirectory(call(), "/w/d/e");
        tree.changeDirectory(call(), "/w/d/e");
        tree.writeFile(call(), "f", ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
        tree.copy(call(), "f", "../g");
        tree.move(call(), "../g", "/scratch/h");
        tree.move(call(), "/w/d", "/scratch/d");
        tree.truncate(call(), "/scratch/h", 10);
        assertThat(tree.readFile(call(), "/scratch/h")).hasSize(10);
        assertThat(tree.listDirectory(call(), "/").stream().map(DirectoryEntry::name))
                .containsExactly("scratch", "w");
        assertThat(tree.listDirectory(call(), "/scratch").stream().map(DirectoryEntry::name))
                .containsExactly("d", "h");
        assertThat(tree.exists(call(), "/scratch/d/e/f")).isTrue();
        assertThat(tree.exists(call(), "/w/d")).isFalse();
        System.out.println(tree.stat(call(), "/scratch/d/e/../e/f"));
        System.out.println(tree.release());
        assertThat(tree.release().bytesFreed()).isEqualTo(15);
    }
}
