package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_EMPTY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How directories are created, removed and listed. */
public abstract class DirectoryContract extends KernelContract {
    private HostTree tree;
    private Guest guest;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
        guest = Guest.in(kernel, "/", tree);
    }

    @Test
    void directoriesAreCreatedAndRemoved() {
        guest.makeDirectory("/d");
        guest.makeDirectory("/d/e/");

        assertThat(tree.snapshot()).isEqualTo(Map.of("", "directory", "d", "directory", "d/e", "directory"));
        assertThat(assertFails(NOT_EMPTY, () -> guest.removeDirectory("/d")).reason())
                .isEqualTo("contains 1 entry");
        guest.removeDirectory("/d/e");
        guest.removeDirectory("/d/");
        assertThat(tree.snapshot()).containsOnlyKeys("");
    }

    @Test
    void aDirectoryIsCreatedOnlyWhereThereIsNothing() {
        tree.file("f", "").directory("empty").file("d/x", "").link("l", "d").link("dangling", "nowhere");

        for (String taken : List.of("/f", "/empty", "/empty/", "/d", "/l", "/dangling", "/", "/.", "/d/..", "/d/.")) {
            assertFails(ALREADY_EXISTS, () -> guest.makeDirectory(taken));
        }
        assertFails(NOT_FOUND, () -> guest.makeDirectory("/n/m"));
        assertFails(NOT_FOUND, () -> guest.makeDirectory("/n/."));
        assertFails(NOT_A_DIRECTORY, () -> guest.makeDirectory("/f/n"));
        assertThat(tree.has("nowhere")).isFalse();
        assertThat(tree.has("d/x")).isTrue();
    }

    @Test
    void oneOfManyCreatesADirectory() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 20; round++) {
                String path = "/d" + round;
                List<Future<Boolean>> attempts = threads.invokeAll(Collections.nCopies(4, () -> {
                    try {
                        guest.makeDirectory(path);
                        return true;
                    } catch (SyscallException failure) {
                        assertThat(failure.code()).isEqualTo(ALREADY_EXISTS);
                        return false;
                    }
                }));
                int created = 0;
                for (Future<Boolean> attempt : attempts) {
                    created += attempt.get() ? 1 : 0;
                }
                assertThat(created).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void onlyAnEmptyDirectoryIsRemoved() {
        tree.file("f", "").directory("d").file("full/a", "").file("full/b", "").link("l", "d");

        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/f"));
        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/l"));
        assertFails(NOT_A_DIRECTORY, () -> guest.removeDirectory("/l/"));
        assertFails(NOT_FOUND, () -> guest.removeDirectory("/missing"));
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/d/."));
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/"));
        guest.workIn("/d");
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("."));
        assertThat(assertFails(NOT_EMPTY, () -> guest.removeDirectory("/full")).reason())
                .isEqualTo("contains 2 entries");
        assertThat(tree.has("d")).isTrue();
    }

    @Test
    void aDirectoryIsListedWithTheAttributesOfItsEntries() throws IOException {
        tree.file("b.txt", "12345").directory("a").link("c", "b.txt").fifo("d");
        Files.setPosixFilePermissions(tree.path("b.txt"), PosixFilePermissions.fromString("rwxr-x---"));
        Instant modified = Instant.ofEpochSecond(1_000_000_000, 123_456_789);
        Files.setLastModifiedTime(tree.path("b.txt"), FileTime.from(modified));

        List<DirectoryEntry> entries = guest.entries("/");

        assertThat(entries).extracting(DirectoryEntry::name).containsExactly("a", "b.txt", "c", "d");
        assertThat(entries).allMatch(DirectoryEntry::decodable);
        assertThat(entries)
                .extracting(entry -> entry.stat().kind())
                .containsExactly(FileKind.DIRECTORY, FileKind.REGULAR_FILE, FileKind.SYMBOLIC_LINK, FileKind.OTHER);
        FileStat file = entries.get(1).stat();
        assertThat(file.size()).isEqualTo(5);
        assertThat(file.mode()).isEqualTo(0750);
        assertThat(file.path()).isEqualTo("/b.txt");
        assertThat(file.modified().getEpochSecond()).isEqualTo(modified.getEpochSecond());
        assertThat(file.owner()).isEqualTo(Files.getOwner(tree.path("b.txt")).getName());
        assertThat(entries.get(2).stat().symbolicLink()).isTrue();
    }

    @Test
    void manyEntriesAreListedInOrder() {
        List<String> names = new ArrayList<>();
        for (int i = 1000; i < 2500; i++) {
            tree.file("n" + i, "");
            names.add("n" + i);
        }

        assertThat(guest.list("/")).isEqualTo(names);
    }

    @Test
    void whatIsNoDirectoryIsNotListed() {
        tree.file("f", "").link("l", "f");

        assertFails(NOT_A_DIRECTORY, () -> guest.list("/f"));
        assertFails(NOT_A_DIRECTORY, () -> guest.list("/l"));
        assertFails(NOT_FOUND, () -> guest.list("/missing"));
        assertFails(IS_A_DIRECTORY, () -> guest.read("/"));
    }

    @Test
    void namesThatAreNotUtf8AreListedAndMarked() {
        tree.shell("touch \"$(printf 'bad\\377name')\" \"$(printf 'bad\\376name')\" good");

        List<DirectoryEntry> entries = guest.entries("/");

        assertThat(entries).extracting(DirectoryEntry::name).containsExactly("bad\uFFFDname", "bad\uFFFDname", "good");
        assertThat(entries).extracting(DirectoryEntry::decodable).containsExactly(false, false, true);
        assertFails(NOT_FOUND, () -> guest.read("/bad\uFFFDname"));
    }

    @Test
    void aNameWithARealReplacementCharacterIsExact() {
        tree.file("odd\uFFFD", "x");

        assertThat(guest.entries("/").get(0).decodable()).isTrue();
        assertThat(guest.read("/odd\uFFFD")).isEqualTo("x");
    }
}
