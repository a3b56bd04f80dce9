package dev.syscallkernel.local.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallbacksTest {
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>());
    private final Callbacks callbacks = new Callbacks(threads);

    @AfterEach
    void close() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void manyThatDoNotBlockNeedFewThreads() throws Exception {
        CountDownLatch done = new CountDownLatch(10_000);
        for (int i = 0; i < 10_000; i++) {
            callbacks.execute(done::countDown);
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(threads.getLargestPoolSize()).isLessThan(20);
    }

    @Test
    void thoseThatBlockHoldUpNobody() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(100);
        CountDownLatch done = new CountDownLatch(100);
        for (int i = 0; i < 100; i++) {
            callbacks.execute(() -> {
                blocked.countDown();
                awaitUninterruptibly(proceed);
            });
            callbacks.execute(done::countDown);
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
        proceed.countDown();
    }

    @Test
    void oneThatThrowsHarmsNobody() throws Exception {
        CountDownLatch done = new CountDownLatch(10);
        for (int i = 0; i < 10; i++) {
            callbacks.execute(() -> {
                throw new AssertionError("of a callback");
            });
            callbacks.execute(done::countDown);
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
