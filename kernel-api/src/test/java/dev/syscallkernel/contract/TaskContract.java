package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.event.Subscription;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import dev.syscallkernel.task.Priority;
import dev.syscallkernel.task.TaskHandle;
import dev.syscallkernel.task.TaskId;
import dev.syscallkernel.task.TaskOptions;
import dev.syscallkernel.task.TaskPage;
import dev.syscallkernel.task.TaskQuery;
import dev.syscallkernel.task.TaskState;
import dev.syscallkernel.task.TaskStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks: what is submitted goes on by itself, and can be watched, waited for and cancelled by anybody. */
@Timeout(60)
public abstract class TaskContract extends KernelContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long LARGE = 4L << 30;
    private static final Sleep LONG_SLEEP = new Sleep(Duration.ofHours(1));

    private KernelProcess process;

    @BeforeEach
    void createProcess() {
        process = create("p", ResourceLimits.DEFAULT);
    }

    private KernelProcess create(String name, ResourceLimits limits) {
        KernelProcess created = kernel.createProcess(ProcessSpec.named(name)
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount(new Mount.Scratch("/tmp"))
                .build());
        created.updateSandbox(created.info().sandbox().withLimits(limits));
        return created;
    }

    private <R extends @Nullable Object> TaskHandle<R> submit(Syscall<R> call) {
        return process.submit(call, TaskOptions.DEFAULT);
    }

    private static TaskStatus awaitState(TaskHandle<?> task, TaskState state) throws Exception {
        CompletableFuture<TaskStatus> reached = new CompletableFuture<>();
        try (Subscription subscription = task.onProgress(status -> {
            if (status.state() == state) {
                reached.complete(status);
            }
        })) {
            return reached.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void aTaskBringsTheResultOfItsSyscall() throws Exception {
        submit(new WriteFile("/tmp/f", new byte[] {1, 2, 3})).await(PATIENCE);
        assertThat(submit(new ReadFile("/tmp/f")).await(PATIENCE)).containsExactly(1, 2, 3);
        assertThat(submit(new FileExists("/tmp/f")).await(PATIENCE)).isTrue();
        assertThat(submit(new ListDirectory("/tmp")).await(PATIENCE))
                .extracting(DirectoryEntry::name)
                .containsExactly("f");
        assertThat(submit(new GetCurrentTime())
                        .completion()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS))
                .isInstanceOf(Instant.class);
    }

    @Test
    void submittingWaitsForNothing() {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        assertThat(sleep.status().state().isEnded()).isFalse();
        sleep.cancel();
    }

    @Test
    void theStatusTellsWhatBecameOfATask() {
        Instant before = Instant.now().minusMillis(1);
        TaskHandle<?> task = process.submit(new WriteFile("/tmp/f", new byte[100_000]), Priority.HIGH);
        task.await(PATIENCE);
        TaskStatus status = task.status();
        assertThat(status.id()).isEqualTo(task.id());
        assertThat(status.pid()).isEqualTo(process.pid());
        assertThat(status.syscall()).isEqualTo("write_file");
        assertThat(status.subject()).isEqualTo("/tmp/f");
        assertThat(status.priority()).isEqualTo(Priority.HIGH);
        assertThat(status.state()).isEqualTo(TaskState.COMPLETED);
        assertThat(status.progress()).isEqualTo(1);
        assertThat(status.bytesDone()).isEqualTo(100_000);
        assertThat(status.bytesTotal()).hasValue(100_000);
        assertThat(status.revision()).isGreaterThan(2);
        assertThat(status.cancelRequested()).isFalse();
        assertThat(status.failure()).isNull();
        assertThat(status.submittedAt()).isBetween(before, Instant.now());
        assertThat(status.startedAt()).isBetween(status.submittedAt(), Instant.now());
        assertThat(status.endedAt()).isBetween(status.startedAt(), Instant.now());
    }

    @Test
    void aTaskThatFailsBringsTheErrorOfItsSyscall() {
        TaskHandle<byte[]> task = submit(new ReadFile("/tmp/missing"));
        SyscallException failure = assertFails(ErrorCode.NOT_FOUND, () -> task.await(PATIENCE));
        assertThat(failure.syscall()).isEqualTo("read_file");
        TaskStatus status = task.status();
        assertThat(status.state()).isEqualTo(TaskState.FAILED);
        assertThat(status.progress()).isLessThan(1);
        assertThat(status.failure())
                .isNotNull()
                .satisfies(known -> assertThat(known.code()).isEqualTo(ErrorCode.NOT_FOUND));
        assertThatThrownBy(() -> task.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(SyscallException.class);
    }

    @Test
    void aTaskIsCheckedLikeAnyOtherCall() {
        KernelProcess bare = kernel.createProcess(ProcessSpec.named("bare").build());
        TaskHandle<?> task = bare.submit(new GetCurrentTime(), TaskOptions.DEFAULT);
        assertFails(ErrorCode.PERMISSION_DENIED, () -> task.await(PATIENCE));
        assertFails(
                ErrorCode.PERMISSION_DENIED,
                () -> submit(new ReadFile("/etc/passwd")).await(PATIENCE));
    }

    @Test
    void whatOpensAStreamIsNoTask() {
        assertFails(ErrorCode.INVALID_ARGUMENT, () -> submit(new OpenReader("/tmp/f", ReadOptions.DEFAULT)));
    }

    @Test
    void aTaskOfNobodyIsRefused() {
        assertFails(
                ErrorCode.NO_SUCH_PROCESS,
                () -> kernel.tasks().submit(new Pid(4711), new GetCurrentTime(), TaskOptions.DEFAULT));
    }

    @Test
    void aSleepingTaskIsRunningAndItsCancellationStopsIt() throws Exception {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        TaskStatus running = awaitState(sleep, TaskState.RUNNING);
        assertThat(running.startedAt()).isNotNull();
        assertThat(running.progress()).isBetween(0.0, 0.1);
        assertThat(sleep.cancel()).isTrue();
        assertFails(ErrorCode.CANCELLED, () -> sleep.await(PATIENCE));
        TaskStatus status = sleep.status();
        assertThat(status.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(status.cancelRequested()).isTrue();
        assertThat(status.endedAt()).isNotNull();
        assertThat(status.revision()).isGreaterThan(running.revision());
    }

    @Test
    void aTaskThatIsSeenToHaveEndedHasItsResultAndMadeRoom() {
        for (int i = 0; i < 50; i++) {
            TaskHandle<@Nullable Void> task = submit(new Sleep(Duration.ofMillis(1)));
            while (!task.status().state().isEnded()) {
                Thread.onSpinWait();
            }
            assertThat(task.await(Duration.ZERO)).isNull();
        }
    }

    @Test
    void watchingAfterARevisionBelowTheFirstIsWatchingFromTheBeginning() throws Exception {
        Recorder recorder = new Recorder(Long.MAX_VALUE);
        submit(new Sleep(Duration.ofMillis(1))).watch(-1).subscribe(recorder);
        recorder.awaitEnd();
        assertThat(recorder.heard()).isNotEmpty();
    }

    @Test
    void cancellingATaskThatHasEndedChangesNothing() {
        TaskHandle<?> task = submit(new GetCurrentTime());
        task.await(PATIENCE);
        TaskStatus before = task.status();
        assertThat(task.cancel()).isFalse();
        assertThat(task.status()).isEqualTo(before);
    }

    private TaskHandle<?> copyingForLong(KernelProcess copier) throws Exception {
        Path source = host.resolve("large");
        try (FileChannel channel = FileChannel.open(source, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), LARGE - 1); // sparse: it takes no space, but long
        }
        TaskHandle<?> copy = copier.submit(new CopyFile("/w/large", "/w/copy"), TaskOptions.DEFAULT);
        CompletableFuture<TaskStatus> moving = new CompletableFuture<>();
        try (Subscription subscription = copy.onProgress(status -> {
            if (status.bytesDone() > 0) {
                moving.complete(status);
            }
        })) {
            TaskStatus status = moving.get(30, TimeUnit.SECONDS);
            assertThat(status.bytesTotal()).hasValue(LARGE);
            assertThat(status.progress()).isBetween(0.0, 0.9999);
        }
        return copy;
    }

    private KernelProcess copier() {
        return kernel.createProcess(ProcessSpec.named("copier")
                .grant(SandboxLevel.STANDARD.capabilities())
                .mount("/w", host, Access.READ_WRITE)
                .build());
    }

    @Test
    void aCopyIsReallyStopped() throws Exception {
        TaskHandle<?> copy = copyingForLong(copier());
        assertThat(copy.cancel()).isTrue();
        assertFails(ErrorCode.CANCELLED, () -> copy.await(PATIENCE));
        assertThat(copy.status().bytesDone()).isLessThan(LARGE);
        assertThat(childrenOf(host)).containsExactly("large");
    }

    @Test
    void aCopyStopsWithItsProcess() throws Exception {
        KernelProcess copier = copier();
        TaskHandle<?> copy = copyingForLong(copier);
        assertThat(copier.terminate()).isTrue();
        // Whoever sees that the process has ended finds nothing of its copy.
        assertThat(childrenOf(host)).containsExactly("large");
        assertFails(ErrorCode.CANCELLED, () -> copy.await(PATIENCE));
        assertThat(copy.status().state()).isEqualTo(TaskState.CANCELLED);
        assertThat(copy.status().bytesDone()).isLessThan(LARGE);
        assertThat(childrenOf(host)).containsExactly("large");
    }

    private static List<String> childrenOf(Path directory) throws IOException {
        try (var children = Files.list(directory)) {
            return children.map(child -> String.valueOf(child.getFileName())).toList();
        }
    }

    @Test
    void waitingForATaskNoLongerDoesNotTouchIt() {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        SyscallException late = assertFails(ErrorCode.TIMED_OUT, () -> sleep.await(Duration.ofMillis(20)));
        assertThat(late.reason()).contains("goes on");
        assertFails(ErrorCode.TIMED_OUT, () -> sleep.await(Duration.ZERO));
        assertThat(sleep.status().state().isEnded()).isFalse();
        assertThat(sleep.status().cancelRequested()).isFalse();
        sleep.cancel();
    }

    @Test
    void cancellingTheStageOfATaskDoesNotTouchIt() {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        sleep.completion().toCompletableFuture().cancel(true);
        assertFails(ErrorCode.TIMED_OUT, () -> sleep.await(Duration.ofMillis(50)));
        sleep.cancel();
    }

    @Test
    void aTaskHasATimeLimit() {
        TaskHandle<?> sleep = process.submit(LONG_SLEEP, TaskOptions.DEFAULT.withTimeout(Duration.ofMillis(30)));
        assertFails(ErrorCode.TIMED_OUT, () -> sleep.await(PATIENCE));
        assertThat(sleep.status().state()).isEqualTo(TaskState.FAILED);
    }

    @Test
    void anInterruptedThreadStopsWaitingAndTheTaskGoesOn() throws Exception {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                sleep.await(PATIENCE);
            } catch (SyscallException failure) {
                outcome.complete(failure.code() == ErrorCode.CANCELLED
                        && Thread.currentThread().isInterrupted());
            }
        });
        waiting.start();
        waiting.interrupt();
        assertThat(outcome.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(sleep.status().state().isEnded()).isFalse();
        sleep.cancel();
    }

    @Test
    void anybodyCanGoOnWithATaskByItsId() {
        TaskHandle<byte[]> task = submit(new ReadFile("/tmp/missing"));
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        TaskHandle<?> found = kernel.tasks().find(TaskId.parse(sleep.id().toString()));
        assertThat(found.id()).isEqualTo(sleep.id());
        assertThat(found.cancel()).isTrue();
        assertFails(ErrorCode.CANCELLED, () -> sleep.await(PATIENCE));
        assertFails(ErrorCode.NOT_FOUND, () -> kernel.tasks().find(task.id()).await(PATIENCE));
        submit(new WriteFile("/tmp/f", new byte[] {7})).await(PATIENCE);
        assertThat(kernel.tasks().find(submit(new ReadFile("/tmp/f")).id()).await(PATIENCE))
                .isEqualTo(new byte[] {7});
    }

    @Test
    void anUnknownTaskIsNotFound() {
        assertFails(ErrorCode.NOT_FOUND, () -> kernel.tasks().find(new TaskId(UUID.randomUUID())));
    }

    @Test
    void idsAreRandomUuids() {
        UUID id = submit(new GetCurrentTime()).id().value();
        assertThat(id.version()).isEqualTo(4);
        assertThat(id.variant()).isEqualTo(2);
        assertThatThrownBy(() -> TaskId.parse("1-2-3-4-5")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aWatcherHearsThePresentAndThenEveryChangeOfState() throws Exception {
        TaskHandle<?> sleep = process.submit(new Sleep(Duration.ofMillis(300)), Priority.LOW);
        Recorder recorder = new Recorder(Long.MAX_VALUE);
        sleep.watch().subscribe(recorder);
        recorder.awaitEnd();
        List<TaskStatus> heard = recorder.heard();
        assertThat(heard).extracting(TaskStatus::revision).isSorted().doesNotHaveDuplicates();
        assertThat(heard).extracting(TaskStatus::state).contains(TaskState.RUNNING);
        assertThat(heard.get(heard.size() - 1).state()).isEqualTo(TaskState.COMPLETED);
        assertThat(heard).extracting(TaskStatus::progress).isSorted();
        assertThat(heard.size()).isLessThan(10);
    }

    @Test
    void aSlowWatcherMissesNoChangeOfState() throws Exception {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        awaitState(sleep, TaskState.RUNNING);
        Recorder slow = new Recorder(1);
        sleep.watch().subscribe(slow);
        TaskStatus first = slow.next();
        assertThat(first.state()).isEqualTo(TaskState.RUNNING);
        sleep.cancel();
        assertFails(ErrorCode.CANCELLED, () -> sleep.await(PATIENCE));
        slow.request(1);
        TaskStatus second = slow.next();
        assertThat(second.cancelRequested()).isTrue();
        assertThat(second.state()).isEqualTo(TaskState.RUNNING);
        slow.request(1);
        assertThat(slow.next().state()).isEqualTo(TaskState.CANCELLED);
        slow.awaitEnd();
    }

    @Test
    void aWatcherThatComesBackHearsOfEveryChangeItMissed() throws Exception {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        awaitState(sleep, TaskState.RUNNING);
        sleep.cancel();
        assertFails(ErrorCode.CANCELLED, () -> sleep.await(PATIENCE));
        Recorder recorder = new Recorder(Long.MAX_VALUE);
        sleep.watch(1).subscribe(recorder);
        recorder.awaitEnd();
        assertThat(recorder.heard())
                .extracting(TaskStatus::state)
                .containsExactly(TaskState.RUNNING, TaskState.RUNNING, TaskState.CANCELLED);
        assertThat(recorder.heard()).extracting(TaskStatus::cancelRequested).containsExactly(false, true, true);
        Recorder nothingNew = new Recorder(Long.MAX_VALUE);
        sleep.watch(sleep.status().revision()).subscribe(nothingNew);
        nothingNew.awaitEnd();
        assertThat(nothingNew.heard()).isEmpty();
    }

    @Test
    void whoWatchesATaskThatHasEndedHearsItsEnd() throws Exception {
        TaskHandle<?> task = submit(new GetCurrentTime());
        task.await(PATIENCE);
        Recorder recorder = new Recorder(Long.MAX_VALUE);
        task.watch().subscribe(recorder);
        recorder.awaitEnd();
        assertThat(recorder.heard()).containsExactly(task.status());
    }

    @Test
    void aCancelledWatcherHearsNoMore() throws Exception {
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        BlockingQueue<TaskStatus> heard = new LinkedBlockingQueue<>();
        Subscription subscription = sleep.onProgress(heard::add);
        assertThat(heard.poll(30, TimeUnit.SECONDS)).isNotNull();
        awaitState(sleep, TaskState.RUNNING);
        subscription.close();
        subscription.close();
        heard.clear();
        sleep.cancel();
        awaitState(sleep, TaskState.CANCELLED);
        assertThat(heard).hasSizeLessThanOrEqualTo(1); // one may have been under way
    }

    @Test
    void aListenerThatThrowsOrBlocksHarmsNobody() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        try (Subscription bad = sleep.onProgress(status -> {
                    throw new IllegalStateException("a listener with a fault");
                });
                Subscription slow = sleep.onProgress(status -> awaitUninterruptibly(proceed))) {
            CompletableFuture<?> blocked = sleep.completion()
                    .toCompletableFuture()
                    .handle((nothing, failure) -> {
                        awaitUninterruptibly(proceed);
                        return "";
                    });
            awaitState(sleep, TaskState.RUNNING);
            sleep.cancel();
            assertFails(ErrorCode.CANCELLED, () -> sleep.await(PATIENCE));
            assertThat(submit(new FileExists("/tmp/f")).await(PATIENCE)).isFalse();
            proceed.countDown();
            blocked.get(30, TimeUnit.SECONDS);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aRepeatedRequestIsTheSameTask() {
        TaskOptions options = TaskOptions.DEFAULT.withRequestId("once");
        TaskHandle<?> first = process.submit(LONG_SLEEP, options);
        assertThat(process.submit(LONG_SLEEP, options).id()).isEqualTo(first.id());
        SyscallException conflict =
                assertFails(ErrorCode.CONFLICT, () -> process.submit(new Sleep(Duration.ZERO), options));
        assertThat(conflict.reason()).contains("once");
        KernelProcess other = create("other", ResourceLimits.DEFAULT);
        TaskHandle<?> others = other.submit(LONG_SLEEP, options);
        assertThat(others.id()).isNotEqualTo(first.id());
        first.cancel();
        assertFails(ErrorCode.CANCELLED, () -> first.await(PATIENCE));
        assertThat(process.submit(LONG_SLEEP, options).id()).isEqualTo(first.id());
    }

    @Test
    void liveTasksAreLimitedAndAnEndedOneMakesRoom() {
        KernelProcess small = create("small", ResourceLimits.DEFAULT.withMaxTasks(2));
        TaskHandle<?> first = small.submit(LONG_SLEEP, TaskOptions.DEFAULT);
        small.submit(LONG_SLEEP, TaskOptions.DEFAULT);
        SyscallException full =
                assertFails(ErrorCode.RESOURCE_EXHAUSTED, () -> small.submit(LONG_SLEEP, TaskOptions.DEFAULT));
        assertThat(full.reason()).contains("2 of 2").contains("maxTasks");
        first.cancel();
        assertFails(ErrorCode.CANCELLED, () -> first.await(PATIENCE));
        small.submit(LONG_SLEEP, TaskOptions.DEFAULT);
    }

    @Test
    void theEndOfAProcessEndsItsTasks() {
        KernelProcess mortal = create("mortal", ResourceLimits.DEFAULT);
        List<TaskHandle<?>> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            tasks.add(mortal.submit(LONG_SLEEP, TaskOptions.DEFAULT));
        }
        assertThat(mortal.terminate()).isTrue();
        for (TaskHandle<?> task : tasks) {
            assertFails(ErrorCode.CANCELLED, () -> task.await(PATIENCE));
            assertThat(task.status().state()).isEqualTo(TaskState.CANCELLED);
        }
        assertFails(ErrorCode.NO_SUCH_PROCESS, () -> mortal.submit(LONG_SLEEP, TaskOptions.DEFAULT));
    }

    @Test
    void tasksAreListedInTheOrderOfTheirSubmissionPageByPage() {
        List<TaskId> expected = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            expected.add(submit(LONG_SLEEP).id());
        }
        KernelProcess other = create("other", ResourceLimits.DEFAULT);
        TaskId foreign = other.submit(LONG_SLEEP, TaskOptions.DEFAULT).id();
        TaskQuery query = TaskQuery.ALL.of(process.pid()).withPageSize(10);
        List<TaskId> found = new ArrayList<>();
        int pages = 0;
        TaskPage page;
        do {
            page = kernel.tasks().list(query);
            assertThat(page.tasks()).hasSizeLessThanOrEqualTo(10);
            page.tasks().forEach(task -> found.add(task.id()));
            query = query.after(page);
            pages++;
        } while (page.hasNext());
        assertThat(pages).isEqualTo(3);
        assertThat(found).containsExactlyElementsOf(expected);
        assertThat(kernel.tasks().list(TaskQuery.ALL).tasks())
                .extracting(TaskStatus::id)
                .contains(foreign);
        assertFails(
                ErrorCode.INVALID_ARGUMENT, () -> kernel.tasks().list(new TaskQuery(null, Set.of(), 10, "no token!")));
    }

    @Test
    void tasksAreListedByTheirState() {
        TaskHandle<?> done = submit(new GetCurrentTime());
        done.await(PATIENCE);
        TaskHandle<?> failed = submit(new ReadFile("/tmp/missing"));
        assertFails(ErrorCode.NOT_FOUND, () -> failed.await(PATIENCE));
        TaskHandle<?> sleep = submit(LONG_SLEEP);
        TaskQuery mine = TaskQuery.ALL.of(process.pid());
        assertThat(kernel.tasks().list(mine.in(TaskState.COMPLETED)).tasks())
                .extracting(TaskStatus::id)
                .containsExactly(done.id());
        List<TaskStatus> failures =
                kernel.tasks().list(mine.in(TaskState.FAILED)).tasks();
        assertThat(failures)
                .hasSize(1)
                .first()
                .satisfies(status -> assertThat(status.failure()).isNotNull());
        assertThat(kernel.tasks()
                        .list(mine.in(TaskState.PENDING, TaskState.RUNNING))
                        .tasks())
                .extracting(TaskStatus::id)
                .containsExactly(sleep.id());
    }

    @Test
    void manyTasksSleepTogether() {
        List<TaskHandle<?>> sleeps = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            sleeps.add(submit(new Sleep(Duration.ofMillis(200))));
        }
        // One after the other, they would take 100 seconds.
        sleeps.forEach(sleep -> sleep.await(PATIENCE));
    }

    /** Collects what a watcher hears. */
    private static final class Recorder implements Flow.Subscriber<TaskStatus> {
        private final long initialDemand;
        private final BlockingQueue<TaskStatus> unread = new LinkedBlockingQueue<>();
        private final List<TaskStatus> all = new ArrayList<>();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

        private Recorder(long initialDemand) {
            this.initialDemand = initialDemand;
        }

        void request(long count) throws Exception {
            subscription.get(30, TimeUnit.SECONDS).request(count);
        }

        TaskStatus next() throws InterruptedException {
            TaskStatus status = unread.poll(30, TimeUnit.SECONDS);
            assertThat(status).as("a status").isNotNull();
            return status;
        }

        void awaitEnd() throws Exception {
            end.get(30, TimeUnit.SECONDS);
        }

        List<TaskStatus> heard() {
            synchronized (all) {
                return List.copyOf(all);
            }
        }

        @Override
        public void onSubscribe(Flow.Subscription granted) {
            subscription.complete(granted);
            granted.request(initialDemand);
        }

        @Override
        public void onNext(TaskStatus status) {
            synchronized (all) {
                all.add(status);
            }
            unread.add(status);
        }

        @Override
        public void onError(Throwable failure) {
            end.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            end.complete(null);
        }
    }
}
