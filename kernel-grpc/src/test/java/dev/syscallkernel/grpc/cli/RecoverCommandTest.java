package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.contract.ChildJvm;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.local.LocalKernel;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.SandboxLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** recover, after the end of a kernel in the middle of an atomic batch, and what a stranger did then. */
@Timeout(120)
class RecoverCommandTest {
    @TempDir
    private Path host;

    private Path root;
    private Path state;

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectory(host.resolve("root"));
        state = host.resolve("state");
    }

    /** Halts a kernel in the middle. It can be too late once, if this machine has much else to do. */
    private void haltInTheMiddle() throws Exception {
        int exit;
        do {
            for (int i = 0; i < HaltedBatch.FILES; i++) {
                Files.writeString(root.resolve("x" + i), "b");
            }
            Process kernel = new ProcessBuilder(
                            ChildJvm.command(List.of(), HaltedBatch.class, state.toString(), root.toString()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            assertThat(kernel.waitFor(60, TimeUnit.SECONDS)).isTrue();
            exit = kernel.exitValue();
            assertThat(exit).isIn(0, HaltedBatch.HALTED);
        } while (exit == 0);
        assertThat(root.resolve("x0")).hasContent("after");
    }

    private CommandRun recover(String... more) {
        return CommandRun.of(Stream.concat(Stream.of("recover", "--state", state.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private JsonObject onlyBatch(CommandRun run) {
        return JsonParser.parseString(run.text()).getAsJsonArray().get(0).getAsJsonObject();
    }

    private LocalKernel startKernel() {
        return LocalKernel.builder().stateDirectory(state).build();
    }

    private KernelProcess process(LocalKernel kernel) {
        return kernel.createProcess(ProcessSpec.named("p")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", root, Access.READ_WRITE)
                .build());
    }

    private static void assertInDoubt(KernelProcess process, String path) {
        SyscallException failure =
                catchThrowableOfType(SyscallException.class, () -> process.execute(new ReadFile(path)));
        assertThat(failure).isNotNull();
        assertThat(failure.code()).isEqualTo(ErrorCode.IN_DOUBT);
        assertThat(failure).hasMessageContaining("recover --state DIR");
    }

    private List<String> besides(String prefix) throws IOException {
        try (Stream<Path> names = Files.list(root)) {
            return names.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith(prefix))
                    .toList();
        }
    }

    @Test
    void whatIsInDoubtIsShownUntilItIsAcceptedAndNothingIsLost() throws Exception {
        haltInTheMiddle();
        Path stranger = Files.writeString(host.resolve("stranger"), "a stranger's");
        Files.move(stranger, root.resolve("x0"), StandardCopyOption.REPLACE_EXISTING);

        CommandRun shown = recover();
        assertThat(shown.exitCode()).isEqualTo(1);
        assertThat(shown.text().lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("in doubt")
                        && line.endsWith(root.resolve("x0").toString()));
        CommandRun again = recover("--json");
        assertThat(again.exitCode()).isEqualTo(1);
        JsonObject batch = onlyBatch(again);
        assertThat(batch.get("outcome").getAsString()).isEqualTo("in_doubt");
        assertThat(batch.get("files").getAsJsonArray())
                .singleElement()
                .satisfies(file -> assertThat(file.getAsString())
                        .isEqualTo(root.resolve("x0").toString()));
        try (LocalKernel kernel = startKernel()) {
            KernelProcess process = process(kernel);
            assertInDoubt(process, "/w/x0");
            assertThat(process.execute(new ReadFile("/w/x1"))).asString(UTF_8).isEqualTo("b");
        }
        assertThat(recover("--accept", "another").exitCode()).isEqualTo(1); // which concerns nobody

        String id = batch.get("batch").getAsString();
        CommandRun accepted = recover("--accept", id);
        assertThat(accepted.errors()).isEmpty();
        assertThat(accepted.exitCode()).isZero();
        assertThat(accepted.text()).contains(id).contains("accepted").contains("recovered-" + id);
        assertThat(besides("x")).containsExactly("recovered-" + id);
        try (Stream<Path> kept = Files.walk(root.resolve("recovered-" + id))) {
            assertThat(kept.filter(Files::isRegularFile))
                    .anySatisfy(old -> assertThat(old).hasContent("b"));
        }
        assertThat(root.resolve("x0")).hasContent("a stranger's");
        try (LocalKernel kernel = startKernel()) {
            assertThat(kernel.recoveredBatches()).isEmpty();
            KernelProcess process = process(kernel);
            assertThat(process.execute(new ReadFile("/w/x0"))).asString(UTF_8).isEqualTo("a stranger's");
            assertThat(process.batch()
                            .add(new WriteFile("/w/x0", "on".getBytes(UTF_8)))
                            .durable()
                            .execute()
                            .successCount())
                    .isEqualTo(1);
        }
        CommandRun nothing = recover();
        assertThat(nothing.exitCode()).isZero();
        assertThat(nothing.text()).isEqualTo("nothing to recover\n");
    }

    @Test
    void whatNobodyTouchedIsUndoneAndShownOnce() throws Exception {
        haltInTheMiddle();
        CommandRun run = recover();
        assertThat(run.errors()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.text()).contains("undone").contains(root.resolve("x299").toString());
        for (int i = 0; i < HaltedBatch.FILES; i++) {
            assertThat(root.resolve("x" + i)).hasContent("b");
        }
        assertThat(besides("x")).isEmpty();
        assertThat(recover().text()).isEqualTo("nothing to recover\n");
    }
}
