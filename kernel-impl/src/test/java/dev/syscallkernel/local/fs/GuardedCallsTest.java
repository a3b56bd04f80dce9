package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.CancellationToken;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GuardedCallsTest {
    @TempDir
    private Path host;

    private DirectoryHandle directory;
    private Name fifo;
    private final GuardedCalls guarded = new GuardedCalls();

    @BeforeEach
    void prepare() throws Exception {
        directory = DirectoryHandle.of(Directory.open(host));
        fifo = Name.of(call(), host.getFileSystem(), "fifo");
        assertThat(new ProcessBuilder("mkfifo", host.resolve("fifo").toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    @AfterEach
    void release() {
        directory.close();
    }

    @Test
    void anOpenThatWaitsForAWriterIsFreed() throws IOException {
        // This open would wait for ever: nobody ever writes to the FIFO.
        Closeable opened =
                guarded.run(call(), directory, fifo, () -> directory.openFile(fifo, Set.of(StandardOpenOption.READ)));

        opened.close();
    }

    @Test
    void anOpenThatCannotBeFreedIsGivenUpAndClosedWhenItComesBack() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Name other = Name.of(call(), host.getFileSystem(), "other");

        assertFails(
                ErrorCode.UNAVAILABLE,
                () -> guarded.run(call(), directory, other, () -> {
                    await(gone);
                    return closed::countDown;
                }));

        assertThat(closed.getCount()).isEqualTo(1);
        gone.countDown();
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anInterruptedCallerIsCancelledAndLosesNothing() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);

        Thread.currentThread().interrupt();
        assertFails(
                ErrorCode.CANCELLED,
                () -> guarded.run(call(), directory, fifo, () -> {
                    await(gone);
                    return closed::countDown;
                }));

        assertThat(Thread.interrupted()).isTrue();
        gone.countDown();
        assertThat(closed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aCancelledCallIsNotWaitedFor() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        CancellationToken cancellation = new CancellationToken();
        cancellation.cancel(ErrorCode.TIMED_OUT, "too late");

        assertFails(
                ErrorCode.TIMED_OUT,
                () -> guarded.run(call(Calls.ALL, cancellation), directory, fifo, () -> {
                    await(gone);
                    return () -> {};
                }));
        gone.countDown();
    }

    @Test
    void tooManyLostCallsMakeFurtherOnesFail() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        for (int i = 0; i < 8; i++) {
            Thread.currentThread().interrupt(); // so that nobody has to wait for the patience to end
            assertFails(
                    ErrorCode.CANCELLED,
                    () -> guarded.run(call(), directory, fifo, () -> {
                        await(gone);
                        return () -> {};
                    }));
            assertThat(Thread.interrupted()).isTrue();
        }

        assertFails(ErrorCode.UNAVAILABLE, () -> guarded.run(call(), directory, fifo, () -> (Closeable) () -> {}));
        gone.countDown();
    }

    @Test
    void failuresComeThrough() {
        NoSuchFileException failure = new NoSuchFileException("x");

        assertThatThrownBy(() -> guarded.run(call(), directory, fifo, () -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(Files.exists(host.resolve("fifo"))).isTrue();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IOException(interrupted);
        }
    }
}
