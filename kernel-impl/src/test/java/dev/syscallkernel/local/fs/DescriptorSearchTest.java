package dev.syscallkernel.local.fs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DescriptorSearchTest {
    @TempDir
    Path host;

    private static Path find(FileChannel channel, Path file) throws IOException {
        Object key = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        return requireNonNull(DescriptorSearch.pathOf(channel, key));
    }

    @Test
    void eachChannelIsFoundWhateverWasFoundBefore() throws IOException {
        Path file = Files.writeString(host.resolve("one"), "1");
        Path other = Files.writeString(host.resolve("other"), "other");
        Path before;
        try (FileChannel first = FileChannel.open(file);
                FileChannel second = FileChannel.open(file); // of the same file: only the position tells them apart
                FileChannel third = FileChannel.open(other)) {
            before = find(first, file);
            assertThat(find(first, file)).isEqualTo(before);
            assertThat(find(second, file)).isNotEqualTo(before);
            assertThat(Files.readString(find(third, other))).isEqualTo("other");
        }
        try (FileChannel again = FileChannel.open(other)) { // with a number that was another's
            assertThat(Files.readString(find(again, other))).isEqualTo("other");
        }
    }
}
