package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** task and tasks. */
@Timeout(60)
class TaskCommandsTest extends CommandTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final StopRequest stop = new StopRequest();

    private KernelProcess process() {
        return kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .build());
    }

    private TaskHandle<?> sleep(KernelProcess process) {
        return process.submit(new Sleep(Duration.ofHours(1)), TaskOptions.DEFAULT);
    }

    @Test
    void submitsATaskThatGoesOnWithoutTheCommand() throws Exception {
        Files.writeString(root.resolve("a"), "content");

        CommandRun submitted = run("task", "submit", "copy_file", "/a", "/b");
        assertSuccess(submitted);
        String id = submitted.text().strip();
        CommandRun waited = run("task", "wait", id, "--timeout", "30s");

        assertSuccess(waited);
        assertThat(waited.text()).contains("COMPLETED").contains("copy_file");
        assertThat(root.resolve("b")).hasContent("content");
    }

    @Test
    void submitsInTheNameOfAProcess() {
        KernelProcess process = process();

        CommandRun run = run(
                "task",
                "submit",
                "--pid",
                process.pid().toString(),
                "--priority",
                "high",
                "--request-id",
                "r",
                "--json",
                "sleep",
                "1h");
        CommandRun again = run(
                "task",
                "submit",
                "--pid",
                process.pid().toString(),
                "--priority",
                "high",
                "--request-id",
                "r",
                "--json",
                "sleep",
                "1h");

        assertSuccess(run);
        JsonObject submitted = JsonParser.parseString(run.text()).getAsJsonObject();
        assertThat(new Pid(submitted.get("pid").getAsInt())).isEqualTo(process.pid());
        assertThat(JsonParser.parseString(again.text())).isEqualTo(submitted);
    }

    @Test
    void withoutAProcessAllShareOneSoThatARequestIdMakesSubmittingRepeatable() {
        CommandRun first = run("task", "submit", "--request-id", "r", "sleep", "1h");
        CommandRun again = run("task", "submit", "--request-id", "r", "sleep", "1h");
        CommandRun other = run("task", "submit", "sleep", "1h");

        assertSuccess(first);
        assertThat(again.text()).isEqualTo(first.text());
        assertSuccess(other);
        assertThat(other.text()).isNotEqualTo(first.text());
        assertThat(kernel.processes()).hasSize(1);
    }

    @Test
    void aRefusedTaskLeavesNoProcessBehind() {
        CommandRun run = run("task", "submit", "delete_file", "/" + "x".repeat(100_000));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("[NAME_TOO_LONG]");
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void showsATask() {
        TaskHandle<?> task = sleep(process());

        CommandRun run = run("task", "status", task.id().toString(), "--json");

        assertSuccess(run);
        JsonObject status = JsonParser.parseString(run.text()).getAsJsonObject();
        assertThat(status.get("syscall").getAsString()).isEqualTo("sleep");
        assertThat(status.get("subject").getAsString()).isEqualTo("PT1H");
        assertThat(status.get("cancel_requested").getAsBoolean()).isFalse();
    }

    @Test
    void listsTasksByStateAndProcess() {
        TaskHandle<?> cancelled = sleep(process());
        TaskHandle<?> live = sleep(process());
        cancelled.cancel();

        CommandRun all = run("task", "list");
        CommandRun ofOne = run("task", "list", "--pid", live.status().pid().toString(), "--json");

        assertSuccess(all);
        assertThat(all.text())
                .startsWith("TASK")
                .contains(cancelled.id().toString(), live.id().toString());
        assertThat(JsonParser.parseString(ofOne.text()).getAsJsonArray()).hasSize(1);
        assertThat(run("task", "list", "--state", "pending", "--state", "running")
                        .text())
                .contains(live.id().toString());
    }

    @Test
    void cancelsATaskOnce() {
        TaskHandle<?> task = sleep(process());

        assertSuccess(run("task", "cancel", task.id().toString()));
        CommandRun waited = run("task", "wait", task.id().toString());
        CommandRun again = run("task", "cancel", task.id().toString());

        assertThat(waited.exitCode()).isEqualTo(1);
        assertThat(waited.errors()).contains("[CANCELLED]");
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.errors()).contains("it is CANCELLED");
    }

    @Test
    void saysSoWhereThereIsNoSuchTask() {
        CommandRun run = run("task", "status", "0f8b8a9e-8a3b-4f0e-9f62-0d6a3c1b7e55");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("there is no such task").contains("[NOT_FOUND]");
    }

    @Test
    void waitingEndsWhenItsTimeIsUp() {
        TaskHandle<?> task = sleep(process());

        CommandRun run = run("task", "wait", task.id().toString(), "--timeout", "20ms");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors()).contains("it goes on").contains("[TIMED_OUT]");
        assertThat(task.status().state().isEnded()).isFalse();
    }

    @Test
    void watchesATaskUntilItEnds() {
        TaskHandle<?> task = process().submit(new Sleep(Duration.ofMillis(300)), TaskOptions.DEFAULT);

        CommandRun run = run("task", "watch", task.id().toString());

        assertSuccess(run);
        assertThat(run.text().lines()).last().asString().isEqualTo(task.id() + " COMPLETED 100% sleep PT0.3S");
    }

    @Test
    void followsTasksInLines() throws Exception {
        TaskHandle<?> task = sleep(process());
        CompletableFuture<CommandRun> run = start(FileDescriptors.Kind.OTHER, "tasks", "--follow");
        awaitOutput(run, task.id() + " RUNNING 0% sleep PT1H\n");
        task.cancel();
        awaitOutput(run, task.id() + " CANCELLED 0% sleep PT1H\n");

        stop.request();

        assertThat(run.get(PATIENCE_SECONDS, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(text()).doesNotContain("\033");
    }

    @Test
    void followsTasksInPlaceOnATerminal() throws Exception {
        TaskHandle<?> task = sleep(process());
        CompletableFuture<CommandRun> run = start(FileDescriptors.Kind.TERMINAL, "tasks", "--follow");
        awaitOutput(run, "RUNNING");
        TaskId second = sleep(process()).id();
        awaitOutput(run, second.toString());
        task.cancel();
        awaitOutput(run, TaskState.CANCELLED.name());
        String all = text();
        int end = all.indexOf(TaskState.CANCELLED.name());
        assertThat(all.substring(all.lastIndexOf("TASK", end), end))
                .containsSubsequence(second.toString(), task.id().toString()); // what lives comes first

        stop.request();

        assertThat(run.get(PATIENCE_SECONDS, TimeUnit.SECONDS).exitCode()).isZero();
        assertThat(text()).contains("\033[2A", "\033[3A", "\033[K\n", "\033[J");
    }

    private CompletableFuture<CommandRun> start(FileDescriptors.Kind kind, String... arguments) {
        Supplier<CommandRun> command = () -> CommandRun.writingTo(
                new Terminal(
                        InputStream.nullInputStream(),
                        output,
                        kind,
                        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                        FileDescriptors.Kind.OTHER),
                stop,
                connected(arguments));
        return CompletableFuture.supplyAsync(command, task -> new Thread(task).start());
    }

    private void awaitOutput(CompletableFuture<CommandRun> run, String expected) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!text().contains(expected)) {
            assertThat(System.nanoTime()).as(text()).isLessThan(deadline);
            assertThat(run).isNotDone();
            Thread.onSpinWait();
        }
    }

    private String text() {
        return output.toString(StandardCharsets.UTF_8);
    }
}
