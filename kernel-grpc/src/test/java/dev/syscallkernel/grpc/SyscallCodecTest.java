package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.GetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.SetWorkingDirectory;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ChildInfo;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.CommandLimits;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.LauncherTier;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.ProcessSyscall.GetProcessInfo;
import dev.syscallkernel.process.ProcessSyscall.GetProcessList;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessStats;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.SendSignal;
import dev.syscallkernel.process.ProcessSyscall.SetProcessPriority;
import dev.syscallkernel.process.ProcessSyscall.SpawnProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.proto.SleepCall;
import dev.syscallkernel.proto.StreamSyscallRequest;
import dev.syscallkernel.proto.SyscallRequest;
import dev.syscallkernel.proto.SyscallRequest.SyscallCase;
import dev.syscallkernel.proto.SyscallResponse;
import dev.syscallkernel.proto.TruncateFileCall;
import dev.syscallkernel.proto.UploadStatusRequest;
import dev.syscallkernel.proto.UploadStatusResponse;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessInput;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.UploadStatus;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import dev.syscallkernel.system.SystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.GetEnvVar;
import dev.syscallkernel.system.SystemSyscall.GetSystemInfo;
import dev.syscallkernel.system.SystemSyscall.GetUptime;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SyscallCodecTest {
    private static final String UNICODE = "/wörk/文件/🙂\n";

    private static final FileStat STAT = new FileStat(
            "a.txt",
            "/w/a.txt",
            FileKind.REGULAR_FILE,
            true,
            (1L << 40) + 7,
            0640,
            Instant.ofEpochSecond(-5, 123_456_789),
            "somebody");

    private static final ProcessInfo PROCESS = new ProcessInfo(
            new Pid(7),
            UNICODE,
            SandboxLevel.PRIVILEGED,
            2,
            Sandbox.NOTHING,
            List.of(),
            "/w",
            Instant.ofEpochSecond(5),
            1,
            2,
            3,
            new ChildInfo(new Pid(6), "/w/tool", 4711, LauncherTier.CONTAINED));

    /** A call, and a result that it could have. */
    private record Sample<R extends @Nullable Object>(Syscall<R> call, R result) {}

    @SuppressWarnings("NullAway") // it does not see that null is what a Void is
    private static Sample<?> silent(Syscall<@Nullable Void> call) {
        return new Sample<@Nullable Void>(call, null);
    }

    private static final List<Sample<?>> SAMPLES = List.of(
            new Sample<>(new ReadFile(UNICODE), new byte[] {0, -1, 127}),
            new Sample<>(new ReadFile(""), new byte[0]),
            silent(new WriteFile("/a", new byte[] {1, 2, 3})),
            silent(new WriteFile("/a", new byte[0])),
            silent(new CreateFile("/a")),
            silent(new DeleteFile("/a")),
            new Sample<>(
                    new ListDirectory("/a"),
                    List.of(new DirectoryEntry("a.txt", true, STAT), new DirectoryEntry("b\uFFFD", false, STAT))),
            new Sample<>(new ListDirectory("/empty"), List.of()),
            new Sample<>(new FileExists("/a"), true),
            new Sample<>(new FileExists("/b"), false),
            new Sample<>(new StatFile("/a"), STAT),
            silent(new MoveFile("/a", "/b")),
            silent(new CopyFile("/a", "/b")),
            silent(new CreateDirectory("/a")),
            silent(new RemoveDirectory("/a")),
            new Sample<>(new GetWorkingDirectory(), UNICODE),
            silent(new SetWorkingDirectory("/a")),
            silent(new TruncateFile("/a", Long.MAX_VALUE)),
            new Sample<>(new GetSystemInfo(), new SystemInfo("Linux", "6.1", "amd64", 2, 1L << 36, 1L << 35, "0.1.0")),
            new Sample<>(new GetCurrentTime(), Instant.ofEpochSecond(1_700_000_000, 999_999_999)),
            new Sample<>(new GetEnvVar("KEY"), ""),
            silent(new SetEnvVar("KEY", "a=b")),
            silent(new Sleep(Duration.ofMillis(1500))),
            silent(new Sleep(Duration.ofMillis(Long.MAX_VALUE))),
            new Sample<>(
                    new SpawnProcess(Command.of(UNICODE, "", "a b").build()),
                    new SpawnedProcess(new Pid(7), 4_000_000)),
            new Sample<>(
                    new SpawnProcess(new Command(
                            "x",
                            List.of(),
                            Map.of("K", "a=b"),
                            "/w",
                            Command.Input.STREAM,
                            Command.Output.MERGED,
                            new CommandLimits(1, Duration.ofMillis(2), 3, 4, 5, Duration.ofMillis(6), 7),
                            Set.of())),
                    new SpawnedProcess(new Pid(1), 1)),
            new Sample<>(new KillProcess(new Pid(7)), new ExitStatus(143, 15, ExitCause.CANCELLED, true, true)),
            silent(new SendSignal(new Pid(7), 64)),
            new Sample<>(new GetProcessInfo(new Pid(Integer.MAX_VALUE)), PROCESS),
            new Sample<>(new GetProcessList(), List.of(PROCESS)),
            silent(new SetProcessPriority(new Pid(7), 3)),
            new Sample<>(new GetProcessState(new Pid(7)), ProcessState.STOPPED),
            new Sample<>(new GetProcessStats(new Pid(7)), new ProcessStats(Duration.ofNanos(5), 6, 7, 8)),
            new Sample<>(new WaitProcess(new Pid(7)), new ExitStatus(0, 0, ExitCause.EXITED, false, false)),
            new Sample<>(
                    new WaitProcess(new Pid(7), Duration.ZERO), new ExitStatus(9, 0, ExitCause.EXITED, false, false)),
            new Sample<>(new GetUptime(), Duration.ofNanos(Long.MAX_VALUE)));

    private static final List<StreamSyscall<?>> STREAMS = List.of(
            new OpenReader(UNICODE, ReadOptions.DEFAULT),
            new OpenReader("/a", ReadOptions.DEFAULT.withChunkSize(4 << 20).withOffset(Long.MAX_VALUE)),
            new OpenReader("/a", ReadOptions.DEFAULT.withLength(0)),
            new OpenReader("/a", ReadOptions.DEFAULT.withLength(Long.MAX_VALUE).withChecksum()),
            new OpenWriter(UNICODE, WriteOptions.DEFAULT),
            new OpenWriter("/a", WriteOptions.DEFAULT.withMode(WriteMode.APPEND).withSync()),
            new OpenWriter(
                    "/a", WriteOptions.DEFAULT.withMode(WriteMode.CREATE_NEW).withUpload("🙂", Long.MAX_VALUE)),
            new OpenProcessOutput(
                    new Pid(7),
                    ProgramOutput.STDERR,
                    ReadOptions.DEFAULT.withOffset(5).withLength(6).withChecksum()),
            new OpenProcessInput(new Pid(7)),
            new GetUploadStatus("🙂"));

    static List<Sample<?>> samples() {
        return SAMPLES;
    }

    static List<StreamSyscall<?>> streams() {
        return STREAMS;
    }

    @Test
    void everySyscallHasExactlyOneMapping() {
        Set<Class<?>> all = records(Syscall.class).collect(Collectors.toSet());
        assertThat(all).hasSizeGreaterThan(20);
        assertThat(SyscallCodec.types()).doesNotContainAnyElementsOf(StreamCodec.types());
        assertThat(Stream.concat(SyscallCodec.types().stream(), StreamCodec.types().stream()))
                .containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void everyMemberOfTheRequestIsUnderstood() {
        assertThat(SyscallCodec.members()).isEqualTo(EnumSet.complementOf(EnumSet.of(SyscallCase.SYSCALL_NOT_SET)));
    }

    @Test
    void everySyscallHasASample() {
        Stream<Class<?>> sampled = Stream.concat(SAMPLES.stream().map(Sample::call), STREAMS.stream())
                .map(Object::getClass);
        assertThat(sampled.collect(Collectors.toSet()))
                .isEqualTo(records(Syscall.class).collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void callsSurviveTheWay(Sample<?> sample) throws InvalidProtocolBufferException {
        byte[] bytes = SyscallCodec.encode(sample.call()).setPid(7).build().toByteArray();
        assertThat(SyscallCodec.decode(SyscallRequest.parseFrom(bytes))).isEqualTo(sample.call());
    }

    @ParameterizedTest
    @MethodSource("samples")
    <R extends @Nullable Object> void resultsSurviveTheWay(Sample<R> sample) throws InvalidProtocolBufferException {
        byte[] bytes = SyscallCodec.success(sample.call(), sample.result()).toByteArray();
        R arrived = SyscallCodec.result(sample.call(), SyscallResponse.parseFrom(bytes));
        assertThat(arrived).isEqualTo(sample.result());
    }

    @ParameterizedTest
    @MethodSource("samples")
    <R extends @Nullable Object> void resultsSurviveTheWayByTheNameOfTheirCall(Sample<R> sample)
            throws InvalidProtocolBufferException {
        String name = sample.call().name();
        byte[] bytes = SyscallCodec.success(name, sample.result()).toByteArray();
        assertThat(SyscallCodec.result(name, sample.call().subject(), SyscallResponse.parseFrom(bytes)))
                .isEqualTo(sample.result());
    }

    @ParameterizedTest
    @MethodSource("streams")
    void streamsSurviveTheWay(StreamSyscall<?> call) throws InvalidProtocolBufferException {
        assertThat(overTheWire(call)).isEqualTo(call);
    }

    private static StreamSyscall<?> overTheWire(StreamSyscall<?> call) throws InvalidProtocolBufferException {
        if (call instanceof OpenReader open) {
            byte[] bytes = StreamCodec.encode(7, open).toByteArray();
            return StreamCodec.decode(StreamSyscallRequest.parseFrom(bytes).getRead());
        }
        if (call instanceof OpenWriter open) {
            byte[] bytes = StreamCodec.encode(7, open).toByteArray();
            return StreamCodec.decode(StreamSyscallRequest.parseFrom(bytes).getWrite());
        }
        if (call instanceof OpenProcessOutput open) {
            byte[] bytes = StreamCodec.encode(7, open).toByteArray();
            return StreamCodec.decode(StreamSyscallRequest.parseFrom(bytes).getProcessOutput());
        }
        if (call instanceof OpenProcessInput open) {
            byte[] bytes = StreamCodec.encode(7, open).toByteArray();
            return StreamCodec.decode(StreamSyscallRequest.parseFrom(bytes).getProcessInput());
        }
        byte[] bytes = StreamCodec.encode(7, (GetUploadStatus) call).toByteArray();
        return new GetUploadStatus(UploadStatusRequest.parseFrom(bytes).getUploadId());
    }

    @Test
    void theStatusOfAnUploadSurvivesTheWay() throws InvalidProtocolBufferException {
        UploadStatus status = new UploadStatus(UNICODE, Long.MAX_VALUE, Instant.ofEpochMilli(1_700_000_000_123L));
        byte[] bytes = StreamCodec.toWire(status).toByteArray();
        assertThat(StreamCodec.fromWire(UploadStatusResponse.parseFrom(bytes))).isEqualTo(status);
    }

    @Test
    void everyErrorSurvivesTheWay() {
        ReadFile call = new ReadFile("/a");
        for (ErrorCode code : ErrorCode.values()) {
            SyscallException failure = new SyscallException(code, call.name(), call.subject(), "because of tests");
            assertThatThrownBy(() -> SyscallCodec.result(call, Failures.toWire(failure)))
                    .isInstanceOfSatisfying(SyscallException.class, arrived -> {
                        assertThat(arrived).hasMessage(failure.getMessage());
                        assertThat(arrived.code()).isEqualTo(code);
                        assertThat(arrived.reason()).isEqualTo(failure.reason());
                        assertThat(arrived.capability()).isEmpty();
                    });
        }
    }

    @Test
    void theLackingCapabilitySurvivesTheWay() {
        ReadFile call = new ReadFile("/a");
        for (Capability capability : Capability.values()) {
            SyscallException failure = SyscallException.missingCapability(call.name(), call.subject(), capability);
            assertThat(Failures.toWire(failure).getPermissionDenied().hasCapability())
                    .isTrue();
            assertThatThrownBy(() -> SyscallCodec.result(call, Failures.toWire(failure)))
                    .isInstanceOfSatisfying(
                            SyscallException.class,
                            arrived -> assertThat(arrived.capability()).contains(capability));
        }
    }

    @Test
    void anUnpairedSurrogateIsRefusedInsteadOfReplaced() {
        for (String path : List.of("/\uD800", "/\uDC00x", "/\uD800\uD800", "\uDE42\uD83D")) {
            assertThatThrownBy(() -> SyscallCodec.encode(new ReadFile(path)))
                    .isInstanceOfSatisfying(
                            SyscallException.class,
                            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
        }
    }

    @Test
    void numbersThatJavaCannotHoldAreRefusedOrAsLargeAsCanBe() {
        SyscallRequest truncate = SyscallRequest.newBuilder()
                .setTruncateFile(TruncateFileCall.newBuilder().setPath("/a").setSize(-1))
                .build();
        assertThatThrownBy(() -> SyscallCodec.decode(truncate))
                .hasMessageContaining("18446744073709551615")
                .hasMessageContaining("INVALID_ARGUMENT");
        SyscallRequest sleep = SyscallRequest.newBuilder()
                .setSleep(SleepCall.newBuilder().setDurationMs(-1))
                .build();
        assertThat(SyscallCodec.decode(sleep)).isEqualTo(new Sleep(Duration.ofMillis(Long.MAX_VALUE)));
    }

    @Test
    void aSleepIsNeverShortened() {
        SyscallRequest request =
                SyscallCodec.encode(new Sleep(Duration.ofNanos(1_000_001))).build();
        assertThat(request.getSleep().getDurationMs()).isEqualTo(2);
    }

    /** The records of a sealed hierarchy. */
    private static Stream<Class<?>> records(Class<?> type) {
        if (type.isRecord()) {
            return Stream.of(type);
        }
        return Arrays.stream(type.getPermittedSubclasses()).flatMap(SyscallCodecTest::records);
    }
}
