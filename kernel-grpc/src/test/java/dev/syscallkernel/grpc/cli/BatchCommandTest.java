package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.syscallkernel.Pid;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** batch and recover. */
class BatchCommandTest extends CommandTest {

    @AfterEach
    void leavesNoProcess() {
        assertNoProcesses();
    }

    private String file(String json) throws IOException {
        return Files.writeString(host.resolve("batch.json"), json).toString();
    }

    @Test
    void showsWhatBecameOfEachSyscall() throws IOException {
        Files.writeString(root.resolve("old"), "12345");
        CommandRun run = run(
                "batch",
                file("[{\"op\": \"write_file\", \"path\": \"/a\", \"text\": \"hello\"},"
                        + " {\"op\": \"move_file\", \"source\": \"/old\", \"destination\": \"/new\"},"
                        + " {\"op\": \"read_file\", \"path\": \"/new\"},"
                        + " {\"op\": \"read_file\", \"path\": \"/missing\"}]"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.text().lines())
                .hasSize(6)
                .anyMatch(line -> line.matches("1  write_file +/a +[0-9.]+  ok"))
                .anyMatch(line -> line.matches("3  read_file +/new +[0-9.]+  5 bytes"))
                .anyMatch(line -> line.matches("4  read_file +/missing +[0-9.]+  NOT_FOUND: .*"))
                .anyMatch(line -> line.startsWith("3 succeeded, 1 failed, 0 skipped in "));
        assertThat(root.resolve("a")).hasContent("hello");
    }

    @Test
    void anAtomicBatchThatFailsIsRolledBack() throws IOException {
        CommandRun run = run(
                "batch",
                "--atomic",
                "--json",
                file("[{\"op\": \"write_file\", \"path\": \"/a\", \"base64\": \"aGk=\"},"
                        + " {\"op\": \"delete_file\", \"path\": \"/missing\"}]"));

        assertThat(run.exitCode()).isEqualTo(1);
        JsonObject result = JsonParser.parseString(run.text()).getAsJsonObject();
        assertThat(result.get("rolled_back").getAsBoolean()).isTrue();
        assertThat(result.get("outcomes")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("outcome")
                        .getAsString())
                .isEqualTo("skipped");
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void aFileThatIsNoBatchIsRefusedBeforeAnythingRuns() throws IOException {
        for (String json : new String[] {
            "{",
            "{}",
            "[1]",
            "[{\"op\": \"rm\"}]",
            "[{\"op\": \"read_file\"}]",
            "[{\"op\": \"read_file\", \"path\": \"/a\", \"paht\": \"/b\"}]",
            "[{\"op\": \"truncate_file\", \"path\": \"/a\", \"size\": 1.5}]",
            "[{\"op\": \"truncate_file\", \"path\": \"/a\", \"size\": \"1\"}]"
        }) {
            CommandRun run = run("batch", file(json));
            assertThat(run.exitCode()).as(json).isEqualTo(2);
            assertThat(run.errors()).contains("batch.json");
        }
        assertThat(run("batch", "--atomic", "--parallel", file("[]")).exitCode())
                .isEqualTo(2);
    }

    @Test
    void readsStandardInput() {
        CommandRun run = CommandRun.readingFrom(
                new ByteArrayInputStream("[{\"op\": \"create_file\", \"path\": \"/a\"}]".getBytes(UTF_8)),
                new StopRequest(),
                connected("batch", "-"));
        assertSuccess(run);
        assertThat(root.resolve("a")).exists();
    }

    @Test
    void aTimeLimitEndsABatch() throws IOException {
        CommandRun run = run("batch", "--timeout", "100ms", file("[{\"op\": \"sleep\", \"milliseconds\": 3600000}]"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.text()).contains("TIMED_OUT");
        assertThat(run("batch", "--timeout", "0s", file("[]")).exitCode()).isEqualTo(2);
    }

    @Test
    void aBatchThatIsSubmittedIsWaitedForAsATask() throws IOException {
        CommandRun submitted = run(
                "batch",
                "--async",
                "--json",
                file("[{\"op\": \"write_file\", \"path\": \"/a\", \"text\": \"hello\"},"
                        + " {\"op\": \"file_exists\", \"path\": \"/a\"}]"));
        assertSuccess(submitted);
        JsonObject task = JsonParser.parseString(submitted.text()).getAsJsonObject();
        CommandRun waited = run("task", "wait", task.get("task_id").getAsString());
        assertSuccess(waited);
        assertThat(waited.text()).contains("execute_batch").contains("2 succeeded, 0 failed, 0 skipped");
        assertThat(waited.text().lines()).anyMatch(line -> line.matches("2  file_exists +/a +[0-9.]+  true"));
        JsonObject shown = JsonParser.parseString(
                        run("task", "wait", "--json", task.get("task_id").getAsString())
                                .text())
                .getAsJsonObject();
        assertThat(shown.get("result").getAsJsonObject().get("succeeded").getAsInt())
                .isEqualTo(2);
        assertThat(kernel.process(new Pid(task.get("pid").getAsInt())).terminate())
                .isTrue();
    }

    @Test
    void aDurableBatchTakesAStateDirectory() throws IOException {
        CommandRun run = run("batch", "--durable", file("[{\"op\": \"create_file\", \"path\": \"/a\"}]"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("state directory").contains("UNSUPPORTED");
    }

    @Test
    void aStateDirectoryWithoutUnfinishedBatchesHasNothingToRecover() {
        CommandRun run = CommandRun.of("recover", "--state", host.toString());
        assertSuccess(run);
        assertThat(run.text()).isEqualTo("nothing to recover\n");
        Path missing = host.resolve("missing");
        assertThat(CommandRun.of("recover", "--state", missing.toString()).exitCode())
                .isEqualTo(1);
        assertThat(missing).doesNotExist();
    }
}
