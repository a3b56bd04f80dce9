package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** ls and stat. */
class FileCommandsTest extends CommandTest {
    private static final Instant NEW_YEAR =
            LocalDateTime.of(2026, 1, 1, 0, 0).atZone(ZoneId.systemDefault()).toInstant();

    @BeforeEach
    void writeFiles() throws IOException {
        Path file = Files.write(root.resolve("b.txt"), new byte[1234]);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.setLastModifiedTime(file, FileTime.from(NEW_YEAR));
        Files.createDirectory(root.resolve("a"));
        Files.createSymbolicLink(root.resolve("c"), Path.of("b.txt"));
    }

    @AfterEach
    void leavesNoProcess() {
        assertNoProcesses();
    }

    @Test
    void listsTheWorkingDirectoryByName() {
        CommandRun run = run("ls");

        assertSuccess(run);
        assertThat(run.text()).isEqualTo("a\nb.txt\nc\n");
    }

    @Test
    void listsModeSizeTimeAndName() {
        CommandRun run = run("ls", "-l", "/");

        assertSuccess(run);
        assertThat(run.text().lines())
                .hasSize(3)
                .contains("-rw-r-----  1234  2026-01-01 00:00:00  b.txt")
                .anyMatch(line -> line.startsWith("drwx") && line.endsWith("  a"))
                .anyMatch(line -> line.startsWith("lrwx") && line.endsWith("  c"));
    }

    @Test
    void keepsAHostileNameOnOneLine() throws IOException {
        Files.createFile(root.resolve("d\n\u001b[31m\u202e"));

        assertThat(run("ls").text()).isEqualTo("a\nb.txt\nc\nd\\u000a\\u001b[31m\\u202e\n");
        assertThat(run("ls", "-l").text()).endsWith("  d\\u000a\\u001b[31m\\u202e\n");
    }

    @Test
    void listsForProgramsWithExactNames() throws IOException {
        Files.createFile(root.resolve("d \"\n"));

        CommandRun run = run("ls", "--json");

        assertSuccess(run);
        JsonArray entries = JsonParser.parseString(run.text()).getAsJsonArray();
        assertThat(entries).hasSize(4);
        assertThat(entries.get(3).getAsJsonObject().get("name").getAsString()).isEqualTo("d \"\n");
        JsonObject file = entries.get(1).getAsJsonObject();
        assertThat(file.get("size").getAsLong()).isEqualTo(1234);
        assertThat(file.get("kind").getAsString()).isEqualTo("regular_file");
        assertThat(file.get("mode").getAsString()).isEqualTo("0640");
        assertThat(file.get("modified").getAsString()).isEqualTo(NEW_YEAR.toString());
        assertThat(entries.get(2).getAsJsonObject().get("kind").getAsString()).isEqualTo("symbolic_link");
    }

    @Test
    void failsToListAFile() {
        CommandRun run = run("ls", "/b.txt");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).startsWith("kernel: list_directory /b.txt: ").endsWith("[NOT_A_DIRECTORY]\n");
    }

    @Test
    void showsTheAttributesOfAFileBehindALink() {
        CommandRun run = run("stat", "/c");

        assertSuccess(run);
        assertThat(run.text().lines().map(line -> line.replaceAll(" {2,}", "=")))
                .contains("path=/b.txt", "kind=regular_file", "symbolic link=true", "size=1234", "mode=0640");
    }

    @Test
    void showsAttributesForPrograms() {
        CommandRun run = run("stat", "/a", "--json");

        assertSuccess(run);
        JsonObject stat = JsonParser.parseString(run.text()).getAsJsonObject();
        assertThat(stat.get("kind").getAsString()).isEqualTo("directory");
        assertThat(stat.get("symbolic_link").getAsBoolean()).isFalse();
    }

    @Test
    void failsForWhatIsNotThere() {
        CommandRun run = run("stat", "/missing");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).startsWith("kernel: file_stat /missing: ").endsWith("[NOT_FOUND]\n");
    }
}
