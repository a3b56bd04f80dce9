package dev.syscallkernel.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.SpawnedProcess;
import dev.syscallkernel.proto.DirectoryListing;
import dev.syscallkernel.proto.SuccessResult;
import dev.syscallkernel.proto.SuccessResult.ValueCase;
import dev.syscallkernel.system.SystemInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of result travels: as a typed value, and as the bytes that old clients read.
 *
 * @param value where the typed value is; VALUE_NOT_SET if there is none
 * @param writer puts a result into both places
 * @param reader reads it from the typed value, or from the bytes where they are all there is
 */
record WireResult<R extends @Nullable Object>(
        ValueCase value, BiConsumer<R, SuccessResult.Builder> writer, Function<SuccessResult, R> reader) {

    static final WireResult<@Nullable Void> NOTHING =
            new WireResult<>(ValueCase.VALUE_NOT_SET, (nothing, to) -> {}, from -> null);

    static final WireResult<byte[]> CONTENT = new WireResult<>(
            ValueCase.VALUE_NOT_SET,
            (content, to) -> to.setData(UnsafeByteOperations.unsafeWrap(content)), // the kernel made it for this caller
            from -> from.getData().toByteArray());

    static final WireResult<Boolean> EXISTS = new WireResult<>(
            ValueCase.EXISTS,
            (exists, to) -> to.setExists(exists).setData(ByteString.copyFrom(new byte[] {(byte) (exists ? 1 : 0)})),
            SuccessResult::getExists);

    static final WireResult<String> PATH = new WireResult<>(
            ValueCase.PATH,
            (path, to) -> to.setPath(path).setData(ByteString.copyFromUtf8(path)),
            SuccessResult::getPath);

    static final WireResult<String> TEXT = new WireResult<>(
            ValueCase.TEXT,
            (text, to) -> to.setText(text).setData(ByteString.copyFromUtf8(text)),
            SuccessResult::getText);

    static final WireResult<FileStat> STAT = new WireResult<>(
            ValueCase.FILE_STAT,
            (stat, to) -> to.setFileStat(FileCodec.toWire(stat)).setData(JsonData.of(stat)),
            from -> FileCodec.fromWire(from.getFileStat()));

    static final WireResult<List<DirectoryEntry>> LISTING = new WireResult<>(
            ValueCase.DIRECTORY,
            (entries, to) -> to.setDirectory(DirectoryListing.newBuilder()
                            .addAllEntries(
                                    entries.stream().map(FileCodec::toWire).toList()))
                    .setData(JsonData.of(entries)),
            from -> from.getDirectory().getEntriesList().stream()
                    .map(FileCodec::fromWire)
                    .toList());

    static final WireResult<SystemInfo> SYSTEM_INFO = new WireResult<>(
            ValueCase.SYSTEM_INFO,
            (info, to) -> to.setSystemInfo(InfoCodec.toWire(info)).setData(JsonData.of(info)),
            from -> InfoCodec.fromWire(from.getSystemInfo()));

    static final WireResult<Instant> TIME = new WireResult<>(
            ValueCase.NUMBER,
            (time, to) -> to.setNumber(WireValues.nanos(time)).setData(littleEndian(time.getEpochSecond())),
            from -> WireValues.instantOfNanos(from.getNumber()));

    static final WireResult<Duration> UPTIME = new WireResult<>(
            ValueCase.NUMBER,
            (uptime, to) -> to.setNumber(WireValues.nanos(uptime)).setData(littleEndian(uptime.toSeconds())),
            from -> Duration.ofNanos(from.getNumber()));

    static final WireResult<SpawnedProcess> SPAWNED = new WireResult<>(
            ValueCase.SPAWNED,
            (spawned, to) -> to.setSpawned(CommandCodec.toWire(spawned)).setData(JsonData.of(spawned)),
            from -> CommandCodec.fromWire(from.getSpawned()));

    static final WireResult<ExitStatus> EXIT = new WireResult<>(
            ValueCase.EXIT_STATUS,
            (status, to) -> to.setExitStatus(CommandCodec.toWire(status)).setData(JsonData.of(status)),
            from -> CommandCodec.fromWire(from.getExitStatus()));

    static final WireResult<ProcessInfo> PROCESS = new WireResult<>(
            ValueCase.PROCESS,
            (info, to) -> to.setProcess(ProcessCodec.toWire(info)).setData(JsonData.of(info)),
            from -> ProcessCodec.fromWire(from.getProcess()));

    static final WireResult<List<ProcessInfo>> PROCESSES = new WireResult<>(
            ValueCase.PROCESSES,
            (infos, to) -> to.setProcesses(CommandCodec.toWire(infos)).setData(JsonData.ofProcesses(infos)),
            from -> from.getProcesses().getProcessesList().stream()
                    .map(ProcessCodec::fromWire)
                    .toList());

    static final WireResult<ProcessState> STATE = new WireResult<>(
            ValueCase.PROCESS_STATE,
            (state, to) -> to.setProcessState(WireEnums.toWire(state)).setData(ByteString.copyFromUtf8(state.name())),
            from -> WireEnums.fromWire(from.getProcessState()));

    static final WireResult<ProcessStats> STATS = new WireResult<>(
            ValueCase.PROCESS_STATS,
            (stats, to) -> to.setProcessStats(CommandCodec.toWire(stats)).setData(JsonData.of(stats)),
            from -> CommandCodec.fromWire(from.getProcessStats()));

    private static ByteString littleEndian(long number) {
        return ByteString.copyFrom(
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, number));
    }
}
