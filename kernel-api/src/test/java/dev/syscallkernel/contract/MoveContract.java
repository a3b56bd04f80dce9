package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_EMPTY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What moving and copying take along, and what they refuse. */
public abstract class MoveContract extends KernelContract {
    private HostTree tree;
    private Guest guest;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
        guest = Guest.in(kernel, "/", tree);
    }

    @Test
    void movingRenamesInOneStep() {
        tree.file("f", "f").file("d/g", "g").directory("empty").link("l", "f").file("h", "h");

        guest.move("/f", "/d/f");
        guest.move("/d", "/empty");
        guest.move("/l", "/moved");
        guest.move("/empty/g", "/h");
        guest.move("/h", "/h");

        assertThat(tree.snapshot())
                .isEqualTo(Map.of(
                        "",
                        "directory",
                        "empty",
                        "directory",
                        "empty/f",
                        "file with f",
                        "h",
                        "file with g",
                        "moved",
                        "link to f"));
    }

    @Test
    void movingOverALinkReplacesTheLink() {
        tree.file("f", "f")
                .file("target", "t")
                .link("l", "target")
                .directory("d")
                .link("ld", "d");

        guest.move("/f", "/l");
        guest.move("/l", "/ld");

        assertThat(tree.snapshot())
                .isEqualTo(Map.of("", "directory", "d", "directory", "ld", "file with f", "target", "file with t"));
    }

    @Test
    void twoNamesOfOneFileBecomeOne() throws IOException {
        tree.file("a", "content");
        Files.createLink(tree.path("b"), tree.path("a"));

        guest.move("/a", "/b");

        assertThat(tree.snapshot()).isEqualTo(Map.of("", "directory", "b", "file with content"));
    }

    @Test
    void whatDoesNotFitIsNotMoved() {
        tree.file("f", "f")
                .file("d/x", "x")
                .directory("d/sub")
                .file("full/y", "y")
                .link("l", "d");
        Map<String, String> before = tree.snapshot();

        assertFails(NOT_A_DIRECTORY, () -> guest.move("/d", "/f"));
        assertFails(IS_A_DIRECTORY, () -> guest.move("/f", "/d"));
        assertFails(NOT_EMPTY, () -> guest.move("/d", "/full"));
        assertFails(NOT_EMPTY, () -> guest.move("/d/sub", "/d"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/d/sub/d"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/d/sub"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/l/sub/d"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/f/", "/b"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/f", "/b/"));
        assertFails(NOT_A_DIRECTORY, () -> guest.move("/l/", "/b"));
        assertFails(NOT_FOUND, () -> guest.move("/missing", "/b"));
        assertFails(NOT_FOUND, () -> guest.move("/f", "/missing/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/", "/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d/.", "/b"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/full/.."));
        guest.move("/d", "/d");

        assertThat(tree.snapshot()).isEqualTo(before);
        guest.move("/d", "/e/");
        assertThat(tree.has("e/x")).isTrue();
    }

    @Test
    void copyingTakesContentAndPermissions() throws IOException {
        tree.file("f", "content")
                .file("old", "replaced")
                .link("l", "f")
                .link("to", "old")
                .directory("d");
        Files.setPosixFilePermissions(tree.path("f"), PosixFilePermissions.fromString("rwxrwx-w-"));

        guest.copy("/l", "/d/copy");
        guest.copy("/f", "/to");
        guest.copy("/f", "/f");

        assertThat(tree.read("d/copy")).isEqualTo("content");
        assertThat(Files.getPosixFilePermissions(tree.path("d/copy")))
                .isEqualTo(PosixFilePermissions.fromString("rwxrwx-w-"));
        assertThat(tree.isLink("to")).isTrue();
        assertThat(tree.read("old")).isEqualTo("content");
        assertThat(tree.read("f")).isEqualTo("content");
        assertFails(NOT_FOUND, () -> guest.copy("/missing", "/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/d", "/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/f", "/d"));
        assertFails(IS_A_DIRECTORY, () -> guest.copy("/f", "/x/"));
        assertFails(NOT_FOUND, () -> guest.copy("/f", "/missing/x"));
    }

    @Test
    void aLargeFileIsCopiedWhole() throws IOException {
        byte[] content = new byte[5_000_001];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i * 31 + i / 7919);
        }
        Files.write(tree.path("large"), content);

        guest.copy("/large", "/copy");

        assertThat(Files.mismatch(tree.path("large"), tree.path("copy"))).isEqualTo(-1);
    }
}
