package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.batch.Batch;
import dev.syscallkernel.batch.BatchResult;
import dev.syscallkernel.batch.ProcessBatch;
import dev.syscallkernel.batch.SyscallOutcome;
import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.interceptor.SyscallInterceptor;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.stream.StreamSyscall.OpenReader;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.system.SystemSyscall.GetCurrentTime;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only an embedded kernel can be asked for: its settings and interceptors. */
@Timeout(60)
class LocalKernelTest {
    @TempDir
    Path host;

    private static ProcessSpec.Builder all(String name) {
        return ProcessSpec.named(name).grant(SandboxLevel.STANDARD.capabilities());
    }

    private static ErrorCode codeOf(Runnable action) {
        try {
            action.run();
        } catch (SyscallException failure) {
            return failure.code();
        }
        throw new AssertionError("did not fail");
    }

    @Test
    void theDefaultCeilingIsStandard() {
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            assertThat(codeOf(() -> kernel.createProcess(
                            all("x").level(SandboxLevel.PRIVILEGED).build())))
                    .isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
    }

    @Test
    void theNumberOfProcessesIsLimitedAndAnEndedOneMakesRoom() {
        try (LocalKernel kernel = LocalKernel.builder().maxProcesses(2).build()) {
            KernelProcess a = kernel.createProcess(all("a").build());
            kernel.createProcess(all("b").build());
            assertThatThrownBy(() -> kernel.createProcess(all("c").build()))
                    .hasMessageContaining("maxProcesses")
                    .hasMessageContaining("RESOURCE_EXHAUSTED");
            a.terminate();
            kernel.createProcess(all("c").build());
        }
    }

    @Test
    void aBatchWhoseResultsAreTooLargeFailsFromThereOn() throws IOException {
        Files.write(host.resolve("f"), new byte[4 << 20]); // as much as one call may read
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess reader = kernel.createProcess(
                    all("a").mount("/w", host, Access.READ_ONLY).build());
            ProcessBatch batch = reader.batch();
            int fit = (int) (Batch.MAX_RESULT_BYTES / (4 << 20)) - 1; // each takes a little more than its bytes
            for (int i = 0; i < fit + 2; i++) {
                batch.add(new ReadFile("/w/f"));
            }
            BatchResult result = batch.execute();
            assertThat(result.successCount()).isEqualTo(fit);
            assertThat(result.outcomes().get(fit))
                    .isInstanceOfSatisfying(
                            SyscallOutcome.Failure.class,
                            failure -> assertThat(failure.error())
                                    .hasMessageContaining("the results of the batch")
                                    .hasMessageContaining("RESOURCE_EXHAUSTED"));
        }
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        LocalKernel.Builder builder = LocalKernel.builder();
        assertThatThrownBy(() -> builder.maxProcesses(0)).hasMessageContaining("at least one process: 0");
        assertThatThrownBy(() -> builder.maxTasks(0)).hasMessageContaining("at least one task: 0");
        assertThatThrownBy(() -> builder.maxTaskBytes(0)).hasMessageContaining("maxTaskBytes must be positive: 0");
        assertThatThrownBy(() -> builder.taskRetention(Duration.ZERO)).hasMessageContaining("taskRetention");
        assertThatThrownBy(() -> builder.taskGrace(Duration.ofMillis(-1))).hasMessageContaining("taskGrace");
        assertThatThrownBy(() -> builder.programGrace(Duration.ofMillis(-1))).hasMessageContaining("grace");
        assertThatThrownBy(() -> builder.programUser(-1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyProcessAboveMinimalHasTheMountsOfTheKernelUnlessItMountsItsOwn() throws IOException {
        Files.createDirectories(host.resolve("mine"));
        Files.createFile(host.resolve("f"));
        try (LocalKernel kernel = LocalKernel.builder()
                .mount(new Mount.HostDirectory("/w", host, Access.READ_WRITE))
                .build()) {
            assertThat(kernel.createProcess(all("a").build()).execute(new FileExists("/w/f")))
                    .isTrue();
            KernelProcess own = kernel.createProcess(all("b").mount("/w", host.resolve("mine"), Access.READ_WRITE)
                    .build());
            assertThat(own.execute(new FileExists("/w/f"))).isFalse();
            KernelProcess minimal = kernel.createProcess(
                    ProcessSpec.named("c").level(SandboxLevel.MINIMAL).build());
            assertThat(minimal.info().mounts()).isEmpty();
        }
    }

    @Test
    void aStateDirectoryServesOneKernelAtATime() {
        Path state = host.resolve("state");
        try (LocalKernel kernel = LocalKernel.builder().stateDirectory(state).build()) {
            assertThatThrownBy(() -> LocalKernel.builder().stateDirectory(state).build())
                    .isInstanceOf(SyscallException.class)
                    .hasMessageContaining("another kernel");
            assertThat(kernel.processes()).isEmpty();
        }
        LocalKernel.builder().stateDirectory(state).build().close();
    }

    @Test
    void whatAKilledKernelLeftInItsStateDirectoryIsRemoved() throws IOException {
        Path left = host.resolve("state/scratch/1/deep");
        Files.createDirectories(left);
        Files.createFile(left.resolve("f"));
        LocalKernel.builder().stateDirectory(host.resolve("state")).build().close();
        assertThat(host.resolve("state/scratch")).doesNotExist();
    }

    @Test
    void aClosedKernelLeavesNothingBehind() throws IOException {
        Path state = host.resolve("state");
        try (LocalKernel kernel = LocalKernel.builder().stateDirectory(state).build()) {
            kernel.createProcess(all("a").mount(new Mount.Scratch("/tmp")).build())
                    .execute(new WriteFile("/tmp/f", new byte[10]));
            try (Stream<Path> files = Files.walk(state)) {
                assertThat(files.filter(file -> file.endsWith("f"))).hasSize(1);
            }
        }
        try (Stream<Path> files = Files.list(state)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).containsExactly("lock");
        }
    }

    @Test
    void theClockIsTheOneGiven() {
        Instant then = Instant.parse("2001-02-03T04:05:06Z");
        try (LocalKernel kernel =
                LocalKernel.builder().clock(Clock.fixed(then, ZoneOffset.UTC)).build()) {
            assertThat(kernel.createProcess(all("a").build()).execute(new GetCurrentTime()))
                    .isEqualTo(then);
        }
    }

    @Test
    void anInterceptorSeesEveryCallInEveryModeWithItsOutcome() throws Exception {
        Files.write(host.resolve("f"), new byte[10]);
        List<String> seen = new ArrayList<>();
        SyscallInterceptor audit = new SyscallInterceptor() {
            @Override
            public void before(Pid pid, Syscall<?> call) {
                seen.add("before " + call.name() + " " + call.subject());
            }

            @Override
            public void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
                seen.add("after " + call.name() + " " + (failure == null ? "ok" : failure.code()));
            }
        };
        try (LocalKernel kernel = LocalKernel.builder().interceptor(audit).build()) {
            KernelProcess process = kernel.createProcess(
                    all("a").mount("/w", host, Access.READ_ONLY).build());
            process.execute(new FileExists("/w/f"));
            assertThat(codeOf(() -> process.execute(new DeleteFile("/w/f")))).isEqualTo(ErrorCode.READ_ONLY);
            process.execute(new Sleep(Duration.ZERO));
            process.executeAsync(new GetCurrentTime(), Duration.ofSeconds(10)).get();
            process.read("/w/f").close();
        }
        assertThat(seen)
                .containsExactly(
                        "before file_exists /w/f",
                        "after file_exists ok",
                        "before delete_file /w/f",
                        "after delete_file READ_ONLY",
                        "before sleep PT0S",
                        "after sleep ok",
                        "before get_current_time ",
                        "after get_current_time ok",
                        "before stream_read /w/f",
                        "after stream_read ok");
    }

    @Test
    void anInterceptorCanRefuseAndAFaultOfItRefusesToo() throws IOException {
        Files.createFile(host.resolve("f"));
        SyscallInterceptor guard = (pid, call) -> {
            if (call instanceof DeleteFile) {
                throw new SyscallException(
                        ErrorCode.PERMISSION_DENIED, call.name(), call.subject(), "nobody agreed to delete it");
            }
            if (call instanceof OpenReader) {
                throw new IllegalStateException("a fault in the interceptor");
            }
        };
        try (LocalKernel kernel = LocalKernel.builder().interceptor(guard).build()) {
            KernelProcess process = kernel.createProcess(
                    all("a").mount("/w", host, Access.READ_WRITE).build());
            assertThatThrownBy(() -> process.execute(new DeleteFile("/w/f")))
                    .hasMessageContaining("nobody agreed to delete it");
            assertThat(host.resolve("f")).exists();
            assertThat(codeOf(() -> process.read("/w/f"))).isEqualTo(ErrorCode.INTERNAL);
            assertThat(process.info().openStreams()).isZero();
        }
    }

    @Test
    void interceptorsAreNotAskedAboutWhatTheSandboxForbids() {
        List<String> asked = new ArrayList<>();
        try (LocalKernel kernel = LocalKernel.builder()
                .interceptor((pid, call) -> asked.add(call.name()))
                .build()) {
            KernelProcess process =
                    kernel.createProcess(ProcessSpec.named("bare").build());
            assertThat(codeOf(() -> process.execute(new GetCurrentTime()))).isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void aCallThatOutlivesItsProcessStopsAndItsScratchDirectoryGoesWithIt() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        SyscallInterceptor human = (pid, call) -> {
            if (call instanceof WriteFile) {
                inside.countDown();
                try {
                    proceed.await();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Path state = host.resolve("state");
        try (LocalKernel kernel =
                LocalKernel.builder().stateDirectory(state).interceptor(human).build()) {
            KernelProcess process = kernel.createProcess(
                    all("a").mount(new Mount.Scratch("/tmp")).build());
            CompletableFuture<ErrorCode> outcome = CompletableFuture.supplyAsync(
                    () -> codeOf(() -> process.execute(new WriteFile("/tmp/f", new byte[10]))),
                    task -> new Thread(task).start());
            assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Boolean> ended =
                    CompletableFuture.supplyAsync(process::terminate, task -> new Thread(task).start());
            while (codeOrNull(process) != ErrorCode.NO_SUCH_PROCESS) {
                Thread.onSpinWait();
            }
            proceed.countDown();
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isEqualTo(ErrorCode.CANCELLED);
            assertThat(ended.get(30, TimeUnit.SECONDS)).isTrue();
            try (Stream<Path> left = Files.list(state.resolve("scratch"))) {
                assertThat(left).isEmpty();
            }
        }
    }

    private static @Nullable ErrorCode codeOrNull(KernelProcess process) {
        try {
            process.info();
            return null;
        } catch (SyscallException failure) {
            return failure.code();
        }
    }

    @Test
    void aReaderOfAFileWithoutSizeReadsToItsEnd() throws IOException {
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess process =
                    kernel.createProcess(all("a").mount("/proc", Path.of("/proc/sys/kernel"), Access.READ_ONLY)
                            .build());
            String expected = Files.readString(Path.of("/proc/sys/kernel/ostype"));
            try (StreamingReader reader = process.read("/proc/ostype")) {
                assertThat(reader.next()).isTrue();
                byte[] bytes = new byte[reader.chunk().remaining()];
                reader.chunk().get(bytes);
                assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(expected);
                assertThat(reader.next()).isFalse();
            }
        }
    }

    @Test
    void continuationsThatBlockHoldUpNobodyElse() throws Exception {
        int blocked = 4 * Math.max(2, Runtime.getRuntime().availableProcessors());
        CountDownLatch proceed = new CountDownLatch(1);
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess process = kernel.createProcess(all("a").build());
            Thread test = Thread.currentThread();
            List<CompletableFuture<?>> continuations = new ArrayList<>();
            for (int i = 0; i < blocked; i++) {
                continuations.add(process.executeAsync(new Sleep(Duration.ofMillis(50)), Duration.ofMinutes(1))
                        .thenRun(() -> {
                            if (Thread.currentThread() != test) { // as it is where the sleep was over before this line
                                awaitUninterruptibly(proceed);
                            }
                        }));
            }
            process.execute(new Sleep(Duration.ofMillis(1)), Duration.ofSeconds(30));
            assertThat(codeOf(() -> process.execute(new Sleep(Duration.ofHours(1)), Duration.ofMillis(10))))
                    .isEqualTo(ErrorCode.TIMED_OUT);
            proceed.countDown();
            CompletableFuture.allOf(continuations.toArray(CompletableFuture[]::new))
                    .get(30, TimeUnit.SECONDS);
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
    void anInterceptorThatFailsAfterwardsChangesNothing() throws Exception {
        SyscallInterceptor broken = new SyscallInterceptor() {
            @Override
            public void before(Pid pid, Syscall<?> call) {}

            @Override
            public void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
                throw new AssertionError("a fault in the interceptor");
            }
        };
        try (LocalKernel kernel = LocalKernel.builder().interceptor(broken).build()) {
            KernelProcess process = kernel.createProcess(all("a").build());
            assertThat(process.execute(new GetCurrentTime())).isNotNull();
            process.executeAsync(new Sleep(Duration.ZERO), Duration.ofMinutes(1))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void anInterceptorThatWasAskedHearsOfALaterRefusal() {
        List<ErrorCode> heard = new ArrayList<>();
        SyscallInterceptor audit = new SyscallInterceptor() {
            @Override
            public void before(Pid pid, Syscall<?> call) {}

            @Override
            public void after(Pid pid, Syscall<?> call, @Nullable SyscallException failure) {
                heard.add(failure == null ? ErrorCode.INTERNAL : failure.code());
            }
        };
        try (LocalKernel kernel = LocalKernel.builder()
                .interceptor(audit)
                .interceptor((pid, call) -> {
                    throw new SyscallException(ErrorCode.PERMISSION_DENIED, call.name(), call.subject(), "no");
                })
                .build()) {
            KernelProcess process = kernel.createProcess(all("a").build());
            assertThat(codeOf(() -> process.execute(new GetCurrentTime()))).isEqualTo(ErrorCode.PERMISSION_DENIED);
        }
        assertThat(heard).containsExactly(ErrorCode.PERMISSION_DENIED);
    }

    @Test
    void anInterceptorMayEndTheProcessThatCalls() {
        List<KernelProcess> toEnd = new ArrayList<>();
        try (LocalKernel kernel = LocalKernel.builder()
                .interceptor((pid, call) -> toEnd.forEach(KernelProcess::terminate))
                .build()) {
            KernelProcess process = kernel.createProcess(
                    all("a").mount(new Mount.Scratch("/tmp")).build());
            toEnd.add(process);
            assertThat(codeOf(() -> process.execute(new WriteFile("/tmp/f", new byte[1]))))
                    .isEqualTo(ErrorCode.CANCELLED);
            assertThat(codeOf(process::info)).isEqualTo(ErrorCode.NO_SUCH_PROCESS);
        }
    }

    @Test
    void aFutureThatIsCompletedByOthersGivesItsPlaceBack() throws Exception {
        try (LocalKernel kernel = LocalKernel.builder()
                .limits(ResourceLimits.DEFAULT.withMaxTasks(1))
                .build()) {
            KernelProcess process = kernel.createProcess(all("a").build());
            for (int i = 0; i < 10; i++) {
                CompletableFuture<?> sleep = process.executeAsync(new Sleep(Duration.ofHours(1)), Duration.ofHours(2));
                assertThat(sleep.completeExceptionally(new IllegalStateException("not interested")))
                        .isTrue();
                while (process.info().syscalls() <= i) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    @Test
    void aSubscriberThatAsksLateStillHearsTheRestAndTheEndAfterTheKernelHasClosed() throws Exception {
        CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        CompletableFuture<List<KernelEvent>> all = new CompletableFuture<>();
        List<KernelEvent> heard = new CopyOnWriteArrayList<>();
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            kernel.events(Set.of(KernelEvent.Type.PROCESS_CREATED)).subscribe(new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription s) {
                    subscription.complete(s);
                }

                @Override
                public void onNext(KernelEvent event) {
                    heard.add(event);
                }

                @Override
                public void onError(Throwable failure) {
                    all.completeExceptionally(failure);
                }

                @Override
                public void onComplete() {
                    all.complete(heard);
                }
            });
            subscription.get(30, TimeUnit.SECONDS);
            kernel.createProcess(all("a").build());
        }
        subscription.get().request(10);
        assertThat(all.get(30, TimeUnit.SECONDS)).hasSize(1);
    }

    @Test
    void aListingDoesNotTellOfWhatIsBlocked() throws IOException {
        Files.createFile(host.resolve("secret"));
        Files.createFile(host.resolve("open"));
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess process = kernel.createProcess(
                    all("a").mount("/w", host, Access.READ_ONLY).build());
            process.updateSandbox(process.info().sandbox().withBlockedPaths("/w/secret"));
            assertThat(process.execute(new ListDirectory("/w")))
                    .extracting(DirectoryEntry::name)
                    .containsExactly("open");
        }
    }

    @Test
    void nobodyFindsTheScratchDirectoryOfAnotherThroughAMountAroundIt() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        String secret = "secret-" + System.nanoTime();
        try (LocalKernel kernel = LocalKernel.builder().build()) {
            KernelProcess process = kernel.createProcess(all("x").mount(new Mount.Scratch("/mine"))
                    .mount("/host", temporary, Access.READ_ONLY)
                    .build());
            process.execute(new WriteFile("/mine/" + secret, new byte[1]));
            Path owner = childThatHolds(temporary, secret);

            assertThat(process.execute(new ListDirectory("/host")))
                    .extracting(DirectoryEntry::name)
                    .doesNotContain(String.valueOf(owner.getFileName()));
            assertThat(codeOf(() -> process.execute(new ListDirectory("/host/" + owner.getFileName()))))
                    .isEqualTo(ErrorCode.NOT_FOUND);
        }
    }

    /** Which of the kernels' directories it is; other programs come and go beside them. */
    private static Path childThatHolds(Path temporary, String name) throws IOException {
        try (Stream<Path> children = Files.list(temporary)) {
            return children.filter(child -> child.toString().contains("syscallkernel-"))
                    .filter(child -> holds(child, name))
                    .findAny()
                    .orElseThrow();
        }
    }

    private static boolean holds(Path directory, String name) {
        try (Stream<Path> within = Files.walk(directory)) {
            return within.anyMatch(path -> path.endsWith(name));
        } catch (IOException | UncheckedIOException removed) { // by a kernel of another test run
            return false;
        }
    }
}
