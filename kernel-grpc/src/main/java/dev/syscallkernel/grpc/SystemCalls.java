package dev.syscallkernel.grpc;

import static dev.syscallkernel.grpc.WireValues.text;

import dev.syscallkernel.proto.GetCurrentTimeCall;
import dev.syscallkernel.proto.GetEnvVarCall;
import dev.syscallkernel.proto.GetSystemInfoCall;
import dev.syscallkernel.proto.GetUptimeCall;
import dev.syscallkernel.proto.SetEnvVarCall;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.SyscallRequest.SyscallCase;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.GetEnvVar;
import dev.syscallkernel.system.SystemSyscall.GetSystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import java.util.List;

/** How the syscalls on time, environment and machine travel. */
final class SystemCalls {
    static final List<WireSyscall<?, ?>> ALL = List.of(
            new WireSyscall<>(
                    GetSystemInfo.class,
                    SyscallCase.GET_SYSTEM_INFO,
                    (call, to) -> to.setGetSystemInfo(GetSystemInfoCall.getDefaultInstance()),
                    from -> new GetSystemInfo(),
                    WireResult.SYSTEM_INFO),
            new WireSyscall<>(
                    GetCurrentTime.class,
                    SyscallCase.GET_CURRENT_TIME,
                    (call, to) -> to.setGetCurrentTime(GetCurrentTimeCall.getDefaultInstance()),
                    from -> new GetCurrentTime(),
                    WireResult.TIME),
            new WireSyscall<>(
                    GetEnvVar.class,
                    SyscallCase.GET_ENV_VAR,
                    (call, to) -> to.setGetEnvVar(GetEnvVarCall.newBuilder().setKey(text(call.key()))),
                    from -> new GetEnvVar(from.getGetEnvVar().getKey()),
                    WireResult.TEXT),
            new WireSyscall<>(
                    SetEnvVar.class,
                    SyscallCase.SET_ENV_VAR,
                    (call, to) -> to.setSetEnvVar(
                            SetEnvVarCall.newBuilder().setKey(text(call.key())).setValue(text(call.value()))),
                    from -> new SetEnvVar(
                            from.getSetEnvVar().getKey(), from.getSetEnvVar().getValue()),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    Sleep.class,
                    SyscallCase.SLEEP,
                    (call, to) -> to.setSleep(
                            SleepCall.newBuilder().setDurationMs(WireValues.millisRoundedUp(call.duration()))),
                    from -> new Sleep(Duration.ofMillis(
                            WireValues.saturated(from.getSleep().getDurationMs()))),
                    WireResult.NOTHING),
            new WireSyscall<>(
                    GetUptime.class,
                    SyscallCase.GET_UPTIME,
                    (call, to) -> to.setGetUptime(GetUptimeCall.getDefaultInstance()),
                    from -> new GetUptime(),
                    WireResult.UPTIME));

    private SystemCalls() {}
}
