package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandleCacheTest {
    @TempDir
    private Path host;

    private FileTree tree;

    @BeforeEach
    void open() {
        tree = FileTree.open(
                List.of(new Mount.HostDirectory("/w", host, Access.READ_WRITE)),
                host.resolve("scratch"),
                Transactions.withoutJournal());
    }

    @AfterEach
    void release() throws IOException {
        tree.release();
        assertThat(Descriptors.beneath(host)).isZero();
    }

    private String read(String path) {
        return new String(tree.readFile(call(), path), UTF_8);
    }

    @Test
    void aKeptDirectoryIsNotMistakenForWhatHasTakenItsName() throws IOException {
        Files.createDirectories(host.resolve("a/b"));
        Files.writeString(host.resolve("a/b/f"), "old");
        assertThat(read("/w/a/b/f")).isEqualTo("old");

        Files.move(host.resolve("a"), host.resolve("moved"));
        assertFails(ErrorCode.NOT_FOUND, () -> read("/w/a/b/f"));
        assertThat(read("/w/moved/b/f")).isEqualTo("old");

        Files.createDirectories(host.resolve("a/b"));
        Files.writeString(host.resolve("a/b/f"), "new");
        assertThat(read("/w/a/b/f")).isEqualTo("new");

        Files.move(host.resolve("a/b"), host.resolve("b"));
        Files.createSymbolicLink(host.resolve("a/b"), Path.of("../moved/b"));
        assertThat(read("/w/a/b/f")).isEqualTo("old");
        assertThat(tree.stat(call(), "/w/a/b/f").path()).isEqualTo("/w/moved/b/f");

        Files.delete(host.resolve("a/b"));
        Files.writeString(host.resolve("a/b"), "a file");
        assertFails(ErrorCode.NOT_A_DIRECTORY, () -> read("/w/a/b/f"));
    }

    @Test
    void aDirectoryIsKeptAndNotOpenedAgain() throws IOException {
        Files.createDirectories(host.resolve("a/b"));
        Files.writeString(host.resolve("a/b/f"), "f");
        read("/w/a/b/f");
        long kept = Descriptors.beneath(host.resolve("a"));

        read("/w/a/b/f");
        read("/w/a/../a/b/f");

        assertThat(kept).isPositive();
        assertThat(Descriptors.beneath(host.resolve("a"))).isEqualTo(kept);
    }

    @Test
    void onlySoManyDirectoriesAreKept() throws IOException {
        for (int i = 0; i < 200; i++) {
            Files.createDirectory(host.resolve("d" + i));
            tree.exists(call(), "/w/d" + i + "/x");
        }

        // Two descriptors each, and those of the mount.
        assertThat(Descriptors.beneath(host)).isBetween(2L * 10, 2L * 33);
    }

    @Test
    void manyProcessesTogetherKeepNoMoreThanAllMay() throws IOException {
        for (int i = 0; i < 40; i++) {
            Files.createDirectory(host.resolve("d" + i));
        }
        List<FileTree> trees = new ArrayList<>();
        for (int t = 0; t < 20; t++) {
            FileTree other = FileTree.open(
                    List.of(new Mount.HostDirectory("/w", host, Access.READ_ONLY)),
                    host.resolve("scratch"),
                    Transactions.withoutJournal());
            trees.add(other);
            for (int i = 0; i < 40; i++) {
                other.exists(call(), "/w/d" + i + "/x");
            }
        }

        assertThat(Descriptors.beneath(host)).isLessThanOrEqualTo(2L * (256 + 21));
        trees.forEach(FileTree::release);
    }
}
