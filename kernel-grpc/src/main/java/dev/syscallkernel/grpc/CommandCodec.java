package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;

import dev.syscallkernel.Pid;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.proto.CapabilitySet;
import dev.syscallkernel.proto.CreateProcessRequest;
import dev.syscallkernel.proto.SpawnLimits;
import dev.syscallkernel.proto.SpawnOptions;
import dev.syscallkernel.proto.SpawnProcessCall;
import java.time.Duration;
import java.util.List;

/** Commands, and what becomes of them. */
final class CommandCodec {
    private CommandCodec() {}

    static SpawnProcessCall toWire(Command command) {
        SpawnOptions.Builder options = SpawnOptions.newBuilder()
                .setInput(WireEnums.toWire(command.input()))
                .setOutput(WireEnums.toWire(command.output()))
                .setLimits(toWire(command.limits()));
        command.capabilities()
                .ifPresent(kept ->
                        options.setCapabilities(CapabilitySet.newBuilder().addAllValues(WireEnums.toWire(kept))));
        SpawnProcessCall.Builder call = SpawnProcessCall.newBuilder()
                .setCommand(text(command.program()))
                .addAllArgs(SandboxCodec.texts(command.arguments()))
                .setWorkingDirectory(text(command.workingDirectory().orElse("")))
                .setOptions(options);
        command.environment().forEach((key, value) -> call.addEnv(SpecCodec.assignment(key, value)));
        return call.build();
    }

    /** @throws IllegalArgumentException for what makes no sense */
    static Command fromWire(SpawnProcessCall call) {
        SpawnOptions options = call.getOptions();
        return new Command(
                call.getCommand(),
                call.getArgsList(),
                SpecCodec.environment(call.getEnvList()),
                call.getWorkingDirectory().isEmpty() ? null : call.getWorkingDirectory(),
                WireEnums.fromWire(options.getInput()),
                call.hasOptions() ? WireEnums.fromWire(options.getOutput()) : Command.Output.RECORDED,
                options.hasLimits() ? fromWire(options.getLimits()) : CommandLimits.DEFAULT,
                options.hasCapabilities()
                        ? WireEnums.fromWire(options.getCapabilities().getValuesList())
                        : null);
    }

    /**
     * The program that a new process shall start at once.
     *
     * @throws dev.syscallkernel.SyscallException INVALID_ARGUMENT for what makes no sense
     */
    static Command fromWire(CreateProcessRequest request) {
        try {
            return fromWire(SpawnProcessCall.newBuilder()
                    .setCommand(request.getCommand())
                    .addAllArgs(request.getArgsList())
                    .addAllEnv(request.getEnvVarsList())
                    .build());
        } catch (IllegalArgumentException refusal) {
            throw Failures.invalid(Failures.CREATE_PROCESS, request.getName(), refusal);
        }
    }

    private static SpawnLimits toWire(CommandLimits limits) {
        return SpawnLimits.newBuilder()
                .setMemoryBytes(limits.memoryBytes())
                .setCpuTimeMs(WireValues.millisRoundedUp(limits.cpuTime()))
                .setProcesses(limits.processes())
                .setDescriptors(limits.descriptors())
                .setFileSizeBytes(limits.fileSizeBytes())
                .setRunTimeMs(WireValues.millisRoundedUp(limits.runTime()))
                .setTreeMemoryBytes(limits.treeMemoryBytes())
                .build();
    }

    private static CommandLimits fromWire(SpawnLimits limits) {
        return new CommandLimits(
                WireValues.saturated(limits.getMemoryBytes()),
                Duration.ofMillis(WireValues.saturated(limits.getCpuTimeMs())),
                WireValues.saturated(limits.getProcesses()),
                WireValues.saturated(limits.getDescriptors()),
                WireValues.saturated(limits.getFileSizeBytes()),
                Duration.ofMillis(WireValues.saturated(limits.getRunTimeMs())),
                WireValues.saturated(limits.getTreeMemoryBytes()));
    }

    static dev.syscallkernel.proto.SpawnedProcess toWire(SpawnedProcess spawned) {
        return dev.syscallkernel.proto.SpawnedProcess.newBuilder()
                .setPid(spawned.pid().value())
                .setOsPid((int) spawned.osPid())
                .build();
    }

    static SpawnedProcess fromWire(dev.syscallkernel.proto.SpawnedProcess spawned) {
        return new SpawnedProcess(new Pid(spawned.getPid()), Integer.toUnsignedLong(spawned.getOsPid()));
    }

    static dev.syscallkernel.proto.ExitStatus toWire(ExitStatus status) {
        return dev.syscallkernel.proto.ExitStatus.newBuilder()
                .setCode(status.code())
                .setSignal(status.signal())
                .setCause(WireEnums.toWire(status.cause()))
                .setOutputIncomplete(status.outputIncomplete())
                .setTreeUncertain(status.treeUncertain())
                .build();
    }

    static ExitStatus fromWire(dev.syscallkernel.proto.ExitStatus status) {
        return new ExitStatus(
                status.getCode(),
                status.getSignal(),
                WireEnums.fromWire(status.getCause()),
                status.getOutputIncomplete(),
                status.getTreeUncertain());
    }

    static dev.syscallkernel.proto.ProcessStats toWire(ProcessStats stats) {
        return dev.syscallkernel.proto.ProcessStats.newBuilder()
                .setCpuTimeNs(WireValues.nanos(stats.cpuTime()))
                .setResidentBytes(stats.residentBytes())
                .setProcesses(stats.processes())
                .setThreads(stats.threads())
                .build();
    }

    static ProcessStats fromWire(dev.syscallkernel.proto.ProcessStats stats) {
        return new ProcessStats(
                Duration.ofNanos(stats.getCpuTimeNs()),
                stats.getResidentBytes(),
                stats.getProcesses(),
                stats.getThreads());
    }

    static dev.syscallkernel.proto.ProcessList toWire(List<dev.syscallkernel.process.ProcessInfo> infos) {
        return dev.syscallkernel.proto.ProcessList.newBuilder()
                .addAllProcesses(infos.stream().map(ProcessCodec::toWire).toList())
                .build();
    }
}
