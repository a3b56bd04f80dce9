package dev.syscallkernel.grpc;

import dev.syscallkernel.Pid;
import dev.syscallkernel.process.ProcessSyscall.GetProcessInfo;
import dev.syscallkernel.process.ProcessSyscall.GetProcessList;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessStats;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SendSignal;
import dev.syscallkernel.process.ProcessSyscall.SetProcessPriority;
import dev.syscallkernel.process.ProcessSyscall.SpawnProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.proto.GetProcessInfoCall;
import dev.syscallkernel.proto.GetProcessListCall;
import dev.syscallkernel.proto.GetProcessStateCall;
import dev.syscallkernel.proto.GetProcessStatsCall;
import dev.syscallkernel.proto.KillProcessCall;
import dev.syscallkernel.proto.SendSignalCall;
import dev.syscallkernel.proto.SetProcessPriorityCall;
import dev.syscallkernel.proto.SyscallRequest.SyscallCase;
import dev.syscallkernel.proto.WaitProcessCall;
import java.time.Duration;
import java.util.List;

/** How the syscalls on processes and programs travel. */
final class ProcessCalls {
    static final List<WireSyscall<?, ?>> ALL = List.of(
            new WireSyscall<>(
                    SpawnProcess.class,
                    SyscallCase.SPAWN_PROCESS,
                    (call, to) -> to.setSpawnProcess(CommandCodec.toWire(call.command())),
                    from -> new SpawnProcess(CommandCodec.fromWire(from.getSpawnProcess())),
                    WireResult.SPAWNED),
            new WireSyscall<>(
                    KillProcess.class,
                    SyscallCase.KILL_PROCESS,
                    (call, to) -> to.setKillProcess(KillProcessCall.newBuilder()
                            .setTargetPid(call.target().value())),
                    from -> new KillProcess(target(from.getKillProcess().getTargetPid())),
                    WireResult.EXIT),
            new WireSyscall<>(
                    SendSignal.class,
                    SyscallCase.SEND_SIGNAL,
                    (call, to) -> to.setSendSignal(SendSignalCall.newBuilder()
                            .setTargetPid(call.target().value())
                            .setSignal(call.signal())),
                    from -> new SendSignal(
                            target(from.getSendSignal().getTargetPid()),
                            from.getSendSignal().getSignal()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    GetProcessInfo.class,
                    SyscallCase.GET_PROCESS_INFO,
                    (call, to) -> to.setGetProcessInfo(GetProcessInfoCall.newBuilder()
                            .setTargetPid(call.target().value())),
                    from -> new GetProcessInfo(target(from.getGetProcessInfo().getTargetPid())),
                    WireResult.PROCESS),
            new WireSyscall<>(
                    GetProcessList.class,
                    SyscallCase.GET_PROCESS_LIST,
                    (call, to) -> to.setGetProcessList(GetProcessListCall.getDefaultInstance()),
                    from -> new GetProcessList(),
                    WireResult.PROCESSES),
            new WireSyscall<>(
                    SetProcessPriority.class,
                    SyscallCase.SET_PROCESS_PRIORITY,
                    (call, to) -> to.setSetProcessPriority(SetProcessPriorityCall.newBuilder()
                            .setTargetPid(call.target().value())
                            .setPriority(call.priority())),
                    from -> new SetProcessPriority(
                            target(from.getSetProcessPriority().getTargetPid()),
                            WireValues.saturated(from.getSetProcessPriority().getPriority())),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    GetProcessState.class,
                    SyscallCase.GET_PROCESS_STATE,
                    (call, to) -> to.setGetProcessState(GetProcessStateCall.newBuilder()
                            .setTargetPid(call.target().value())),
                    from -> new GetProcessState(target(from.getGetProcessState().getTargetPid())),
                    WireResult.STATE),
            new WireSyscall<>(
                    GetProcessStats.class,
                    SyscallCase.GET_PROCESS_STATS,
                    (call, to) -> to.setGetProcessStats(GetProcessStatsCall.newBuilder()
                            .setTargetPid(call.target().value())),
                    from -> new GetProcessStats(target(from.getGetProcessStats().getTargetPid())),
                    WireResult.STATS),
            new WireSyscall<>(
                    WaitProcess.class,
                    SyscallCase.WAIT_PROCESS,
                    (call, to) -> to.setWaitProcess(toWire(call)),
                    from -> fromWire(from.getWaitProcess()),
                    WireResult.EXIT));

    private ProcessCalls() {}

    private static WaitProcessCall.Builder toWire(WaitProcess call) {
        WaitProcessCall.Builder wire =
                WaitProcessCall.newBuilder().setTargetPid(call.target().value());
        call.timeout().map(WireValues::millisRoundedUp).ifPresent(wire::setTimeoutMs);
        return wire;
    }

    private static WaitProcess fromWire(WaitProcessCall wire) {
        return new WaitProcess(
                target(wire.getTargetPid()),
                wire.hasTimeoutMs() ? Duration.ofMillis(WireValues.saturated(wire.getTimeoutMs())) : null);
    }

    /** A process that is acted on; numbers beyond those of Java are nobody's. */
    static Pid target(int unsigned) {
        return new Pid(WireValues.saturated(unsigned));
    }
}
