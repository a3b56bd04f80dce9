package dev.syscallkernel.grpc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.SandboxLevel;
import org.junit.jupiter.api.Test;

/** info and ps. */
class KernelCommandsTest extends CommandTest {

    @Test
    void showsWhatTheKernelIs() {
        CommandRun run = run("info");

        assertSuccess(run);
        assertThat(run.text().lines().map(line -> line.replaceAll(" {2,}", "=")))
                .contains("address=" + server.address())
                .contains("version=" + kernel.info().version())
                .contains("ceiling=PRIVILEGED")
                .contains("=inline read or write=4 MiB")
                .contains("=memory of a child=no limit")
                .anyMatch(line -> line.matches("uptime=\\d+s \\(since .*\\)"));
    }

    @Test
    void showsForProgramsWhatTheKernelIs() {
        CommandRun run = run("info", "--json");

        assertSuccess(run);
        JsonObject info = JsonParser.parseString(run.text()).getAsJsonObject();
        assertThat(info.get("version").getAsString()).isEqualTo(kernel.info().version());
        assertThat(info.get("started_at").getAsString())
                .isEqualTo(kernel.info().startedAt().toString());
        assertThat(info.getAsJsonObject("limits").get("max_inline_bytes").getAsInt())
                .isEqualTo(4 << 20);
    }

    @Test
    void listsProcesses() {
        kernel.createProcess(ProcessSpec.named("first").build());
        kernel.createProcess(
                ProcessSpec.named("second\n").level(SandboxLevel.PRIVILEGED).build());

        CommandRun run = run("ps");

        assertSuccess(run);
        assertThat(run.text().lines().map(line -> line.strip().replaceAll(" {2,}", "=")))
                .hasSize(3)
                .satisfiesExactly(
                        title -> assertThat(title)
                                .startsWith("PID=LEVEL=CREATED")
                                .endsWith("NAME"),
                        first -> assertThat(first).startsWith("1=STANDARD=").endsWith("=0=0=0=first"),
                        second -> assertThat(second).startsWith("2=PRIVILEGED=").endsWith("second\\u000a"));
    }

    @Test
    void listsProcessesForPrograms() {
        KernelProcess process = kernel.createProcess(
                ProcessSpec.named("first").grant(Capability.READ_FILE).build());

        CommandRun run = run("ps", "--json");

        assertSuccess(run);
        JsonObject listed =
                JsonParser.parseString(run.text()).getAsJsonArray().get(0).getAsJsonObject();
        assertThat(listed.get("pid").getAsInt()).isEqualTo(process.pid().value());
        assertThat(listed.get("capabilities").getAsJsonArray().get(0).getAsString())
                .isEqualTo("READ_FILE");
        assertThat(listed.get("mounts")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("path")
                        .getAsString())
                .isEqualTo("/");
    }

    @Test
    void saysHowToStartAServerWhereThereIsNone() {
        String address = server.address();
        server.close();

        CommandRun run = CommandRun.of("info", "--connect", address);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors())
                .startsWith("kernel: get_kernel_info: cannot reach the kernel at " + address)
                .contains("[UNAVAILABLE]\n")
                .endsWith("Start a server with 'java -jar kernel.jar serve', or name another address with --connect.\n")
                .hasLineCount(2);
    }
}
