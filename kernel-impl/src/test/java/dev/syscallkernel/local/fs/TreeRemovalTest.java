package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is removed of the kernel's own, and what is not. */
class TreeRemovalTest {
    @TempDir
    private Path host;

    private Path own;
    private UserPrincipal owner;

    @BeforeEach
    void prepare() throws IOException {
        own = Files.createDirectory(host.resolve("own"));
        owner = Files.getOwner(own);
        Files.createFile(own.resolve("lock"));
        Files.createFile(Files.createDirectories(own.resolve("a/b/c")).resolve("f"));
    }

    private long entries() throws IOException {
        try (Stream<Path> all = Files.walk(host)) {
            return all.count();
        }
    }

    @Test
    void aTreeOfTheOwnersGoesWithTheLastEntry() throws IOException {
        TreeRemoval.removeOwn(own, owner, "lock");
        assertThat(host).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatIsNotThereIsNoFailure() throws IOException {
        TreeRemoval.removeOwn(host.resolve("missing"), owner, "lock");
        assertThat(own).exists();
    }

    @Test
    void nothingOfAnotherOwnerGoes() throws IOException {
        UserPrincipal other =
                host.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("12345");
        long before = entries();
        assertThatThrownBy(() -> TreeRemoval.removeOwn(own, other, "lock")).isInstanceOf(SwappedException.class);
        assertThat(entries()).isEqualTo(before);
    }

    @Test
    void nothingBehindALinkGoes() throws IOException {
        Path link = Files.createSymbolicLink(host.resolve("link"), own);
        long before = entries();
        assertThatThrownBy(() -> TreeRemoval.removeOwn(link, owner, "lock")).isInstanceOf(SwappedException.class);
        assertThat(entries()).isEqualTo(before);
    }

    @Test
    void theBytesOfAllFilesAreCounted() throws IOException {
        Files.write(own.resolve("a/b/c/f"), new byte[5]);
        Files.write(own.resolve("a/g"), new byte[3]);
        assertThat(TreeRemoval.remove(own)).isEqualTo(8);
        assertThat(host).isEmptyDirectory();
    }
}
