package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.SetEnvVar;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many syscalls in one call, and all or nothing. */
@Timeout(60)
public abstract class BatchContract extends KernelContract {
    private static final Duration LONG = Duration.ofHours(1);

    private KernelProcess process;
    private HostTree tree;

    @BeforeEach
    void createProcess() {
        tree = HostTree.at(host);
        process = newProcess(Guest.FILES);
    }

    private KernelProcess newProcess(Set<Capability> files) {
        return kernel.createProcess(ProcessSpec.named("batch")
                .grant(files)
                .grant(Capability.TIME_ACCESS)
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    private static WriteFile write(String path, String content) {
        return new WriteFile(path, content.getBytes(UTF_8));
    }

    /** What lies beneath the directory of the test: the content of files, links as links, hidden files too. */
    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(host)) {
            for (Path file : files.filter(file -> !file.equals(host)).toList()) {
                String name = host.relativize(file).toString();
                if (Files.isSymbolicLink(file)) {
                    contents.put(name, "-> " + Files.readSymbolicLink(file));
                } else {
                    contents.put(name, Files.isDirectory(file) ? "/" : Files.readString(file));
                }
            }
        }
        return contents;
    }

    private static Object value(SyscallOutcome outcome) {
        assertThat(outcome).isInstanceOf(SyscallOutcome.Success.class);
        return ((SyscallOutcome.Success) outcome).value();
    }

    private static SyscallException error(SyscallOutcome outcome) {
        assertThat(outcome).isInstanceOf(SyscallOutcome.Failure.class);
        return ((SyscallOutcome.Failure) outcome).error();
    }

    private static void assertCounts(BatchResult result, int succeeded, int failed, int skipped) {
        assertThat(List.of(result.successCount(), result.failureCount(), result.skippedCount()))
                .as(result.toString())
                .containsExactly(succeeded, failed, skipped);
    }

    @Test
    void resultsComeInTheOrderOfTheRequests() {
        tree.file("a", "one").file("b", "two");
        BatchResult result = process.batch()
                .add(new ReadFile("/w/a"))
                .add(new FileExists("/w/missing"))
                .add(new ReadFile("/w/missing"))
                .add(write("/w/c", "three"))
                .add(new ReadFile("/w/b"))
                .execute();

        assertThat((byte[]) value(result.outcomes().get(0))).asString(UTF_8).isEqualTo("one");
        assertThat(value(result.outcomes().get(1))).isEqualTo(false);
        assertThat(error(result.outcomes().get(2)).code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(error(result.outcomes().get(2)).subject()).isEqualTo("/w/missing");
        assertThat(value(result.outcomes().get(3))).isNull();
        assertThat((byte[]) value(result.outcomes().get(4))).asString(UTF_8).isEqualTo("two");
        assertCounts(result, 4, 1, 0);
        assertThat(result.rolledBack()).isFalse();
        assertThat(tree.read("c")).isEqualTo("three");
        assertThat(result.outcomes())
                .allSatisfy(outcome -> assertThat(outcome.time()).isPositive());
        assertThat(result.duration()).isPositive();
    }

    @Test
    void anEmptyBatchHasAnEmptyResult() {
        assertThat(process.batch().execute().outcomes()).isEmpty();
        assertThat(process.batch().parallel().execute().outcomes()).isEmpty();
        assertThat(process.batch().atomic().execute().outcomes()).isEmpty();
    }

    @Test
    void theFailureOfOneDoesNotHideTheResultsOfOthersInParallel() {
        ProcessBatch batch = process.batch().parallel();
        for (int i = 0; i < 200; i++) {
            tree.file("f" + i, "content " + i);
            batch.add(new ReadFile(i % 10 == 3 ? "/w/missing" : "/w/f" + i));
        }
        BatchResult result = batch.execute();
        assertCounts(result, 180, 20, 0);
        for (int i = 0; i < 200; i++) {
            if (i % 10 == 3) {
                assertThat(error(result.outcomes().get(i)).code()).isEqualTo(ErrorCode.NOT_FOUND);
            } else {
                assertThat((byte[]) value(result.outcomes().get(i)))
                        .asString(UTF_8)
                        .isEqualTo("content " + i);
            }
        }
    }

    @Test
    void entriesMayBelongToDifferentProcesses() {
        tree.file("a", "content");
        KernelProcess other = newProcess(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE));
        BatchResult result = kernel.batches()
                .execute(Batch.builder()
                        .add(process.pid(), new ReadFile("/w/a"))
                        .add(other.pid(), new ReadFile("/w/a"))
                        .add(other.pid(), write("/w/b", "other"))
                        .add(process.pid(), new ReadFile("/w/b"))
                        .build());
        assertCounts(result, 3, 1, 0);
        assertThat(error(result.outcomes().get(1)).capability()).contains(Capability.READ_FILE);
    }

    @Test
    void aSequentialBatchThatStopsOnFailureSkipsTheRest() {
        BatchResult result = process.batch()
                .add(write("/w/a", "1"))
                .add(new ReadFile("/w/missing"))
                .add(write("/w/b", "2"))
                .add(write("/w/c", "3"))
                .stopOnFailure()
                .execute();
        assertCounts(result, 1, 1, 2);
        assertThat(result.outcomes().get(3))
                .isInstanceOfSatisfying(
                        SyscallOutcome.Skipped.class,
                        skipped -> assertThat(skipped.reason()).contains("entry 2"));
        assertThat(host.resolve("a")).exists();
        assertThat(host.resolve("b")).doesNotExist();
    }

    @Test
    void aParallelBatchThatStopsOnFailureFinishesWhatRuns() {
        BatchResult result = process.batch()
                .add(new Sleep(Duration.ofMillis(50)))
                .add(new Sleep(Duration.ofMillis(1000)))
                .add(new ReadFile("/w/missing"))
                .add(new Sleep(LONG))
                .parallel(2)
                .stopOnFailure()
                .execute();
        assertThat(result.outcomes().get(0)).isInstanceOf(SyscallOutcome.Success.class);
        assertThat(result.outcomes().get(1)).isInstanceOf(SyscallOutcome.Success.class);
        assertThat(result.outcomes().get(2)).isInstanceOf(SyscallOutcome.Failure.class);
        assertThat(result.outcomes().get(3)).isInstanceOf(SyscallOutcome.Skipped.class);
    }

    @Test
    void callsThatWaitAreWaitedForTogetherInParallelAndHoldNoThread() throws Exception {
        ProcessBatch batch = process.batch().parallel();
        int count = 500;
        for (int i = 0; i < count; i++) {
            batch.add(new Sleep(Duration.ofSeconds(1)));
        }
        int before = Thread.getAllStackTraces().size();
        int most = 0;
        CompletableFuture<BatchResult> running = batch.executeAsync();
        while (!running.isDone()) {
            most = Math.max(most, Thread.getAllStackTraces().size());
            Thread.onSpinWait();
        }
        BatchResult result = running.get();
        assertCounts(result, count, 0, 0);
        // On sixteen threads that wait, they would take half a minute; and a thread for each would be seen.
        assertThat(result.duration()).isBetween(Duration.ofMillis(990), Duration.ofSeconds(20));
        assertThat(most - before).isLessThan(100);
    }

    @Test
    void anEntryMayHaveATimeLimitOfItsOwn() throws IOException {
        tree.file("a", "x");
        BatchResult result = kernel.batches()
                .execute(Batch.builder()
                        .add(process.pid(), new Sleep(LONG), Duration.ofMillis(50))
                        .add(process.pid(), new ReadFile("/w/a"), Duration.ofMinutes(1))
                        .build());
        assertCounts(result, 1, 1, 0);
        assertThat(error(result.outcomes().get(0)).code()).isEqualTo(ErrorCode.TIMED_OUT);
    }

    @Test
    void theTimeLimitOfAnEntryOfAnAtomicBatchTakesAllBack() throws IOException {
        tree.file("a", "before");
        tree.file("large", "x".repeat(32 << 20)); // which nothing copies in the millisecond that the wire can tell
        BatchResult result = kernel.batches()
                .execute(Batch.builder()
                        .atomic()
                        .add(process.pid(), write("/w/a", "after"))
                        .add(process.pid(), new CopyFile("/w/large", "/w/copy"), Duration.ofNanos(1))
                        .build());
        assertThat(result.rolledBack()).isTrue();
        assertThat(error(result.outcomes().get(1)).code()).isEqualTo(ErrorCode.TIMED_OUT);
        assertThat(contents()).containsEntry("a", "before").doesNotContainKey("copy");
    }

    @Test
    void aBatchCanBeATask() {
        tree.file("a", "content");
        TaskHandle<BatchResult> task = process.batch()
                .add(new ReadFile("/w/a"))
                .add(new ReadFile("/w/missing"))
                .add(write("/w/b", "new"))
                .submit(TaskOptions.DEFAULT);
        BatchResult result = task.await(Duration.ofSeconds(30));
        assertCounts(result, 2, 1, 0);
        assertThat((byte[]) value(result.outcomes().get(0))).asString(UTF_8).isEqualTo("content");
        assertThat(result.calls())
                .containsExactly(
                        new BatchResult.Call("read_file", "/w/a"),
                        new BatchResult.Call("read_file", "/w/missing"),
                        new BatchResult.Call("write_file", "/w/b"));
        TaskStatus status = task.status();
        assertThat(status.state()).isEqualTo(TaskState.COMPLETED);
        assertThat(status.syscall()).isEqualTo("execute_batch");
        assertThat(status.bytesDone()).isEqualTo(3);
        assertThat(status.bytesTotal()).hasValue(3);
        Object found = kernel.tasks().find(task.id()).await(Duration.ZERO);
        assertThat(found).isInstanceOfSatisfying(BatchResult.class, again -> {
            assertThat(again.calls()).isEqualTo(result.calls());
            assertThat(error(again.outcomes().get(1)).code()).isEqualTo(ErrorCode.NOT_FOUND);
        });
    }

    @Test
    void anAtomicBatchCanBeATask() throws IOException {
        tree.file("a", "1");
        BatchResult done = process.batch()
                .add(new MoveFile("/w/a", "/w/b"))
                .add(write("/w/c", "2"))
                .atomic()
                .submit(TaskOptions.DEFAULT)
                .await(Duration.ofSeconds(30));
        assertCounts(done, 2, 0, 0);
        BatchResult refused = process.batch()
                .add(new DeleteFile("/w/b"))
                .add(new DeleteFile("/w/missing"))
                .atomic()
                .submit(TaskOptions.DEFAULT)
                .await(Duration.ofSeconds(30));
        assertThat(refused.rolledBack()).isTrue();
        assertThat(contents()).isEqualTo(Map.of("b", "1", "c", "2"));
    }

    @Test
    void cancellingTheTaskOfABatchStopsIt() throws Exception {
        TaskHandle<BatchResult> task = process.batch()
                .add(write("/w/a", ""))
                .add(new Sleep(LONG))
                .add(write("/w/b", ""))
                .submit(TaskOptions.DEFAULT);
        CompletableFuture<TaskStatus> begun = new CompletableFuture<>();
        try (var watching = task.onProgress(status -> {
            if (status.bytesDone() == 1) {
                begun.complete(status);
            }
        })) {
            assertThat(watching).isNotNull();
            assertThat(begun.get(30, TimeUnit.SECONDS).bytesTotal()).hasValue(3);
        }
        assertThat(task.cancel()).isTrue();
        assertFails(ErrorCode.CANCELLED, () -> task.await(Duration.ofSeconds(30)));
        assertThat(task.status().state()).isEqualTo(TaskState.CANCELLED);
        assertThat(contents()).isEqualTo(Map.of("a", ""));
    }

    @Test
    void theTaskOfABatchFailsWhenItsTimeIsUp() {
        TaskHandle<BatchResult> task =
                process.batch().add(new Sleep(LONG)).submit(TaskOptions.DEFAULT.withTimeout(Duration.ofMillis(100)));
        assertFails(ErrorCode.TIMED_OUT, () -> task.await(Duration.ofSeconds(30)));
        assertThat(task.status().state()).isEqualTo(TaskState.FAILED);
    }

    @Test
    void submittingABatchAgainUnderItsRequestIdIsTheSameTask() {
        ProcessBatch batch = process.batch().add(new CreateFile("/w/a")).requestId("once");
        TaskHandle<BatchResult> first = batch.submit(TaskOptions.DEFAULT);
        assertThat(batch.submit(TaskOptions.DEFAULT).id()).isEqualTo(first.id());
        assertCounts(first.await(Duration.ofSeconds(30)), 1, 0, 0);
        assertFails(
                ErrorCode.CONFLICT,
                () -> process.batch().add(new CreateFile("/w/b")).submit(TaskOptions.DEFAULT.withRequestId("once")));
    }

    @Test
    void aBatchThatCannotBeExecutedIsNoTask() {
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> process.batch().submit(TaskOptions.DEFAULT));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> process.batch().add(new Sleep(LONG)).atomic().submit(TaskOptions.DEFAULT));
        process.terminate();
        assertFails(
                ErrorCode.NO_SUCH_PROCESS,
                () -> process.batch().add(new GetCurrentTime()).submit(TaskOptions.DEFAULT));
    }

    @Test
    void whoLosesTheWaitForABatchWithARequestIdFindsItsResult() throws Exception {
        ProcessBatch batch = process.batch()
                .add(new CreateFile("/w/a"))
                .add(new Sleep(Duration.ofMillis(300)))
                .add(new CreateFile("/w/b"))
                .requestId("again");
        CompletableFuture<BatchResult> lost = batch.executeAsync();
        CompletableFuture<BatchResult> beside = batch.executeAsync();
        assertThat(lost.cancel(true)).isTrue();
        // Executed twice, one of the files would already exist.
        assertCounts(batch.execute(), 3, 0, 0);
        assertCounts(beside.get(30, TimeUnit.SECONDS), 3, 0, 0);
    }

    @Test
    void noMoreThanAskedForRunAtATime() {
        ProcessBatch batch = process.batch().parallel(2);
        for (int i = 0; i < 6; i++) {
            batch.add(new Sleep(Duration.ofMillis(50)));
        }
        assertThat(batch.execute().duration()).isGreaterThanOrEqualTo(Duration.ofMillis(145));
    }

    @Test
    void callsThatWaitAreWaitedForOneAfterTheOtherInOrder() {
        tree.file("a", "x");
        BatchResult result = process.batch()
                .add(new Sleep(Duration.ofMillis(40)))
                .add(new ReadFile("/w/a"))
                .add(new Sleep(Duration.ofMillis(40)))
                .add(new GetCurrentTime())
                .execute();
        assertCounts(result, 4, 0, 0);
        assertThat(result.duration()).isGreaterThanOrEqualTo(Duration.ofMillis(78));
    }

    @Test
    void aTimeLimitEndsWhatRunsAndSkipsTheRest() {
        BatchResult result = process.batch()
                .add(new GetCurrentTime())
                .add(new Sleep(LONG))
                .add(new GetCurrentTime())
                .timeout(Duration.ofMillis(100))
                .execute();
        assertCounts(result, 1, 1, 1);
        assertThat(error(result.outcomes().get(1)).code()).isEqualTo(ErrorCode.TIMED_OUT);
    }

    @Test
    void cancellingTheFutureEndsTheBatch() throws Exception {
        CompletableFuture<BatchResult> running =
                process.batch().add(new Sleep(LONG)).add(write("/w/never", "")).executeAsync();
        assertThat(running.cancel(true)).isTrue();
        process.batch().add(write("/w/later", "")).executeAsync().get(30, TimeUnit.SECONDS);
        assertThat(host.resolve("never")).doesNotExist();
    }

    @Test
    void theEndOfTheProcessEndsItsEntries() throws Exception {
        CompletableFuture<BatchResult> running = process.batch()
                .add(new Sleep(LONG))
                .add(new Sleep(LONG))
                .parallel()
                .executeAsync();
        process.terminate();
        Assertions.assertThatCode(
                        () -> assertThat(running.get(30, TimeUnit.SECONDS).failureCount())
                                .isEqualTo(2))
                .satisfies(problem -> {
                    if (problem != null && problem.getCause() instanceof SyscallException failure) {
                        assertThat(failure.code()).isEqualTo(ErrorCode.NO_SUCH_PROCESS); // it was faster
                    }
                });
    }

    @Test
    void aBatchIsRefusedAsAWholeBeforeAnythingRuns() {
        ProcessBatch large = process.batch();
        for (int i = 0; i < Batch.MAX_OPERATIONS + 1; i++) {
            large.add(write("/w/f" + i, ""));
        }
        assertThat(assertFails(ErrorCode.INVALID_ARGUMENT, large::execute)).hasMessageContaining("1000");
        Batch stranger = Batch.builder()
                .add(process.pid(), write("/w/a", ""))
                .add(new Pid(1_000_000), new GetCurrentTime())
                .build();
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> kernel.batches().execute(stranger));
        assertFails(
                ErrorCode.INVALID_ARGUMENT,
                () -> process.batch()
                        .add(write("/w/a", ""))
                        .add(new GetUploadStatus("u"))
                        .execute());
        assertThat(host).isEmptyDirectory();
    }

    @Test
    void aBatchWithARequestIdIsExecutedOnce() {
        ProcessBatch batch = process.batch()
                .add(new CreateFile("/w/a"))
                .add(new ReadFile("/w/a"))
                .requestId("once");
        BatchResult first = batch.execute();
        assertCounts(first, 2, 0, 0);
        BatchResult second = batch.execute();
        assertCounts(second, 2, 0, 0);
        assertFails(
                ErrorCode.CONFLICT,
                () -> process.batch()
                        .add(new CreateFile("/w/b"))
                        .requestId("once")
                        .execute());
        assertThat(host.resolve("b")).doesNotExist();
        KernelProcess other = newProcess(Guest.FILES);
        assertCounts(other.batch().add(new CreateFile("/w/a")).requestId("once").execute(), 0, 1, 0);
    }

    @ParameterizedTest
    @EnumSource(
            value = Batch.Mode.class,
            names = {"ATOMIC", "DURABLE"})
    void anAtomicBatchDoesEverything(Batch.Mode mode) throws IOException {
        tree.file("old.txt", "old").file("gone", "x").file("long", "0123456789").directory("empty");
        tree.file("replaced", "before").link("link", "long");
        BatchResult result = kernel.batches()
                .execute(Batch.builder()
                        .mode(mode)
                        .add(process.pid(), write("/w/a.txt", "a"))
                        .add(process.pid(), new MoveFile("/w/old.txt", "/w/new.txt"))
                        .add(process.pid(), new DeleteFile("/w/gone"))
                        .add(process.pid(), write("/w/replaced", "after"))
                        .add(process.pid(), new TruncateFile("/w/link", 4))
                        .add(process.pid(), new CreateDirectory("/w/d"))
                        .add(process.pid(), new RemoveDirectory("/w/empty"))
                        .add(process.pid(), new CopyFile("/w/new.txt", "/w/d/copy"))
                        .add(process.pid(), new CreateFile("/w/d/created"))
                        .build());
        assertCounts(result, 9, 0, 0);
        assertThat(result.rolledBack()).isFalse();
        assertThat(contents())
                .isEqualTo(Map.of(
                        "a.txt",
                        "a",
                        "new.txt",
                        "old",
                        "replaced",
                        "after",
                        "long",
                        "0123",
                        "link",
                        "-> long",
                        "d",
                        "/",
                        "d/copy",
                        "old",
                        "d/created",
                        ""));
    }

    @Test
    void laterEntriesBuildOnEarlierOnes() throws IOException {
        tree.file("d/f", "1").file("d/g", "2").file("x", "x").file("y", "y").link("d/l", "f");
        BatchResult result = process.batch()
                .add(new CreateDirectory("/w/new"))
                .add(new MoveFile("/w/d", "/w/new/moved"))
                .add(write("/w/new/moved/f", "changed"))
                .add(write("/w/new/moved/l", "by link"))
                .add(new DeleteFile("/w/new/moved/g"))
                .add(new MoveFile("/w/x", "/w/t"))
                .add(new MoveFile("/w/y", "/w/x"))
                .add(new MoveFile("/w/t", "/w/y"))
                .add(write("/w/temporary", "never seen"))
                .add(new DeleteFile("/w/temporary"))
                .add(new CreateDirectory("/w/d"))
                .add(new TruncateFile("/w/x", 3))
                .atomic()
                .execute();
        assertCounts(result, 12, 0, 0);
        assertThat(contents())
                .isEqualTo(Map.of(
                        "new",
                        "/",
                        "new/moved",
                        "/",
                        "new/moved/f",
                        "by link",
                        "new/moved/l",
                        "-> f",
                        "x",
                        "y\0\0",
                        "y",
                        "x",
                        "d",
                        "/"));
    }

    @Test
    void directoriesCanChangePlaces() throws IOException {
        tree.file("a/b/c/f", "deep").file("other/g", "other");
        BatchResult result = process.batch()
                .add(new MoveFile("/w/a/b", "/w/b"))
                .add(new MoveFile("/w/a", "/w/b/c/a"))
                .add(new MoveFile("/w/other", "/w/a"))
                .add(new MoveFile("/w/b/c/f", "/w/b/c/a/f"))
                .atomic()
                .execute();
        assertCounts(result, 4, 0, 0);
        assertThat(contents())
                .isEqualTo(Map.of("a", "/", "a/g", "other", "b", "/", "b/c", "/", "b/c/a", "/", "b/c/a/f", "deep"));
    }

    @Test
    void aFailedEntryTakesAllOthersBack() throws IOException {
        tree.file("a", "before").file("d/f", "x");
        Map<String, String> before = contents();
        Object key = Files.readAttributes(host.resolve("a"), "unix:ino").get("ino");
        BatchResult result = process.batch()
                .add(write("/w/a", "after"))
                .add(new MoveFile("/w/d", "/w/e"))
                .add(new CreateDirectory("/w/new"))
                .add(new DeleteFile("/w/missing"))
                .add(write("/w/b", ""))
                .atomic()
                .execute();
        assertThat(result.rolledBack()).isTrue();
        assertCounts(result, 0, 1, 4);
        assertThat(error(result.outcomes().get(3)).code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(contents()).isEqualTo(before);
        assertThat(Files.getAttribute(host.resolve("a"), "unix:ino", LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(key);
    }

    @Test
    void anEntryRefusedForItsCapabilityTakesThoseBeforeItBack() throws IOException {
        tree.file("a", "before");
        Map<String, String> before = contents();
        KernelProcess weak = newProcess(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE));
        BatchResult result = kernel.batches()
                .execute(Batch.builder()
                        .add(process.pid(), write("/w/a", "after"))
                        .add(weak.pid(), write("/w/b", "new"))
                        .add(weak.pid(), new DeleteFile("/w/a"))
                        .atomic()
                        .build());
        assertThat(result.rolledBack()).isTrue();
        assertThat(error(result.outcomes().get(2)).capability()).contains(Capability.DELETE_FILE);
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void anAtomicBatchRefusesWhatCannotBeUndone() {
        for (var call : List.of(new Sleep(Duration.ZERO), new SetEnvVar("K", "v"), new ReadFile("/w/a"))) {
            SyscallException refused = assertFails(
                    ErrorCode.INVALID_ARGUMENT,
                    () -> process.batch()
                            .add(write("/w/a", ""))
                            .add(call)
                            .atomic()
                            .execute());
            assertThat(refused).hasMessageContaining("entry 2 (" + call.name() + ")");
        }
        assertThat(host).isEmptyDirectory();
    }

    @Test
    void anAtomicBatchMayWorkInSeveralMountsOfSeveralProcesses() throws IOException {
        HostTree one = HostTree.at(host.resolve("one")).file("f", "1");
        HostTree two = HostTree.at(host.resolve("two")).file("g", "2");
        KernelProcess both = kernel.createProcess(ProcessSpec.named("both")
                .grant(Guest.FILES)
                .mount("/one", one.root(), Access.READ_WRITE)
                .mount("/two", two.root(), Access.READ_WRITE)
                .build());
        Batch.Builder batch = Batch.builder().atomic();
        for (int i = 0; i < Batch.MAX_OPERATIONS - 2; i++) {
            batch.add(both.pid(), write((i % 2 == 0 ? "/one/n" : "/two/n") + i, "content " + i));
        }
        batch.add(both.pid(), new MoveFile("/one/f", "/two/f")).add(process.pid(), new DeleteFile("/w/two/g"));
        BatchResult result = kernel.batches().execute(batch.build());
        assertCounts(result, Batch.MAX_OPERATIONS, 0, 0);
        assertThat(two.read("f")).isEqualTo("1");
        assertThat(two.read("n997")).isEqualTo("content 997");
        assertThat(contents()).hasSize(2 + Batch.MAX_OPERATIONS - 2 + 1);
    }

    @Test
    void aReadOnlyMountRefusesAnAtomicBatch() throws IOException {
        KernelProcess reader = kernel.createProcess(ProcessSpec.named("reader")
                .grant(Guest.FILES)
                .mount("/r", host, Access.READ_ONLY)
                .build());
        BatchResult result = reader.batch().add(write("/r/a", "")).atomic().execute();
        assertThat(error(result.outcomes().get(0)).code()).isEqualTo(ErrorCode.READ_ONLY);
        assertThat(contents()).isEmpty();
    }

    @Test
    void pathsThatLeadOutOfTheMountsAreRefused() throws IOException {
        HostTree inner = HostTree.at(host.resolve("in")).link("l", "../outside").link("up", "..");
        tree.file("outside", "stays");
        KernelProcess caged = kernel.createProcess(ProcessSpec.named("caged")
                .grant(Guest.FILES)
                .mount("/w", inner.root(), Access.READ_WRITE)
                .build());
        for (String path : List.of("/w/l", "/w/up/outside", "/outside", "/w/../outside")) {
            BatchResult result = caged.batch().add(write(path, "x")).atomic().execute();
            assertThat(error(result.outcomes().get(0)).code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
        assertThat(tree.read("outside")).isEqualTo("stays");
    }

    @Test
    void anOpenWriteStreamOnATargetIsAConflict() throws IOException {
        tree.file("d/f", "before");
        try (StreamingWriter writer = process.write("/w/d/f")) {
            writer.write(ByteBuffer.wrap(new byte[] {1}));
            assertFails(
                    ErrorCode.CONFLICT,
                    () -> process.batch().add(write("/w/d/f", "x")).atomic().execute());
            assertFails(
                    ErrorCode.CONFLICT,
                    () -> process.batch()
                            .add(new MoveFile("/w/d", "/w/e"))
                            .atomic()
                            .execute());
            assertCounts(process.batch().add(write("/w/d/g", "x")).atomic().execute(), 1, 0, 0);
            writer.commit();
        }
        assertCounts(process.batch().add(write("/w/d/f", "x")).atomic().execute(), 1, 0, 0);
        assertThat(contents()).isEqualTo(Map.of("d", "/", "d/f", "x", "d/g", "x"));
    }

    @Test
    void theTimeLimitOfAnAtomicBatchTakesItBack() throws IOException {
        tree.file("a", "before");
        ProcessBatch batch = process.batch().timeout(Duration.ofNanos(1)).atomic();
        for (int i = 0; i < 500; i++) {
            batch.add(write("/w/f" + i, "x"));
        }
        Instant start = Instant.now();
        try {
            BatchResult result = batch.execute();
            assertThat(result.rolledBack()).isTrue();
        } catch (SyscallException late) {
            assertThat(late.code()).isEqualTo(ErrorCode.TIMED_OUT);
        }
        assertThat(start).isBeforeOrEqualTo(Instant.now());
        assertThat(contents()).isEqualTo(Map.of("a", "before"));
    }
}
