package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.syscallkernel.process.ProcessSpec;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class EventsCommandTest extends CommandTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final StopRequest stop = new StopRequest();

    @Test
    void endsAfterTheEventsThatAreAskedFor() throws Exception {
        CompletableFuture<CommandRun> run = start("events", "--type", "process_created", "--count", "2");

        assertSuccess(whileProcessesCome(run));

        assertThat(lines())
                .hasSize(2)
                .allMatch(line -> line.matches("\\S+Z process_created pid=\\d+ name=\"a \\\\\"b\\\\\"\""));
    }

    @Test
    void printsForPrograms() throws Exception {
        CompletableFuture<CommandRun> run = start("events", "--type", "PROCESS_TERMINATED", "--count", "1", "--json");

        assertSuccess(whileProcessesCome(run));

        JsonObject event = JsonParser.parseString(lines()[0]).getAsJsonObject();
        assertThat(event.get("type").getAsString()).isEqualTo("process_terminated");
        assertThat(event.get("pid").getAsInt()).isPositive();
    }

    @Test
    void printsEveryTypeUnlessToldOtherwise() throws Exception {
        CompletableFuture<CommandRun> run = start("events", "--count", "6");

        assertSuccess(whileProcessesCome(run));

        assertThat(String.join("\n", lines())).contains(" process_created ", " process_terminated ");
    }

    @Test
    void endsInGoodOrderWhenItIsStopped() throws Exception {
        CompletableFuture<CommandRun> run = start("events");
        awaitOutput(run);

        stop.request();

        assertSuccess(run.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void failsIfTheKernelEndsBeforeAllHaveCome() throws Exception {
        CompletableFuture<CommandRun> run = start("events", "--count", "1000000");
        awaitOutput(run);

        kernel.close();

        CommandRun ended = run.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.errors()).contains("events still to come").hasLineCount(1);
    }

    @Test
    void refusesATypeThatDoesNotExist() {
        CommandRun run = run("events", "--type", "birthday");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errors()).contains("'birthday'").contains("process_created, process_terminated");
    }

    private CompletableFuture<CommandRun> start(String... arguments) {
        Supplier<CommandRun> command = () -> CommandRun.writingTo(output, stop, connected(arguments));
        return CompletableFuture.supplyAsync(command, task -> new Thread(task).start());
    }

    /** Makes events until the command has had enough: nobody knows from when on it listens. */
    private CommandRun whileProcessesCome(CompletableFuture<CommandRun> run) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline) {
            makeEvents();
            try {
                return run.get(20, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                // more events
            }
        }
        return run.get(0, TimeUnit.SECONDS);
    }

    private void awaitOutput(CompletableFuture<CommandRun> run) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (output.size() == 0 && System.nanoTime() < deadline) {
            makeEvents();
            assertThat(run).isNotDone();
            Thread.onSpinWait();
        }
        assertThat(output.size()).isPositive();
    }

    private void makeEvents() {
        kernel.createProcess(ProcessSpec.named("a \"b\"").build()).terminate();
    }

    private String[] lines() {
        return output.toString(StandardCharsets.UTF_8).split("\n");
    }
}
