package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, versions, and what is said to those who use the commands wrongly. */
class UsageTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"serve", "cat", "put", "ls", "stat", "info", "ps", "events", "run", "tasks", "task", "demo"})
    void everyCommandHasHelpAndAVersion(String command) {
        CommandRun help = CommandRun.of(command, "--help");
        CommandRun version = CommandRun.of(command, "--version");

        assertThat(help.exitCode()).isZero();
        assertThat(help.errors()).isEmpty();
        assertThat(help.text()).startsWith("Usage: kernel " + command).contains("Exit codes:");
        assertThat(version.exitCode()).isZero();
        assertThat(version.text()).startsWith("kernel ").hasLineCount(1);
    }

    @Test
    void theProgramHasHelpAndAVersion() {
        assertThat(CommandRun.of("--help").text()).startsWith("Usage: kernel ").contains("  demo  ");
        assertThat(CommandRun.of("--version").text()).startsWith("kernel ");
    }

    static Stream<Arguments> wrongUsages() {
        return Map.ofEntries(
                        Map.entry("", "Missing command"),
                        Map.entry("sevre", "kernel serve"),
                        Map.entry("cat", "Missing required parameter: 'PATH'"),
                        Map.entry("stat", "Missing required parameter: 'PATH'"),
                        Map.entry("cat /a /b", "Unmatched argument"),
                        Map.entry("cat /a --lenght 1", "--length"),
                        Map.entry("cat /a --chunk-size 1", "1KiB to 4MiB"),
                        Map.entry("cat /a --chunk-size 8GiB", "1KiB to 4MiB"),
                        Map.entry("cat /a --offset -1", "accepted are forms like 1GiB, 500MB, 64MiB"),
                        Map.entry("cat /a --pid 0", "--pid must be at least 1"),
                        Map.entry("cat /a --pid x", "--pid"),
                        Map.entry("put /a", "Missing required parameter: 'REMOTE'"),
                        Map.entry("put a /a --chunk-size 1", "1KiB to 4MiB"),
                        Map.entry("put a /a --append --create-new", "exclude one another"),
                        Map.entry("put --resume --append a /a", "--resume cannot append"),
                        Map.entry("put - /a --resume", "standard input has no name"),
                        Map.entry("put a /a --resume=" + "x".repeat(129), "1 to 128 characters"),
                        Map.entry("ls --connect localhost", "the port is missing"),
                        Map.entry("events --count 0", "--count must be at least 1"),
                        Map.entry("task", "Missing command"),
                        Map.entry("task submit fly", "no syscall for a task"),
                        Map.entry("task submit copy_file /a", "takes 2 arguments, not 1"),
                        Map.entry("task submit sleep soon", "500ms, 30s, 10m, 1h and 2d"),
                        Map.entry("task cancel 17", "not the id of a task"),
                        Map.entry("task list --state DEAD", "PENDING, RUNNING"),
                        Map.entry("serve --level high", "MINIMAL, STANDARD, PRIVILEGED"),
                        Map.entry("demo --size 1GX", "accepted are forms like 1GiB, 500MB, 64MiB"),
                        Map.entry("demo --size 0", "at least 1 byte"))
                .entrySet()
                .stream()
                .map(usage -> Arguments.of(usage.getKey(), usage.getValue()));
    }

    @ParameterizedTest
    @MethodSource("wrongUsages")
    void wrongUsageEndsWithTwoAndAHint(String line, String hint) {
        CommandRun run = CommandRun.of(line.isEmpty() ? new String[0] : line.split(" "));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.text()).isEmpty();
        assertThat(run.errors()).startsWith("kernel: ").contains(hint).contains("--help'.");
    }
}
