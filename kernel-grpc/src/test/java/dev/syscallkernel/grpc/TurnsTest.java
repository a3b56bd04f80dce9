package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TurnsTest {

    @Test
    void aTurnThatFailsIsNotTheLastOne() throws Exception {
        CountDownLatch failing = new CountDownLatch(1);
        CountDownLatch later = new CountDownLatch(1);
        AtomicInteger count = new AtomicInteger();
        try (WorkPool pool = new WorkPool()) {
            Turns turns = new Turns(pool, () -> {
                if (count.incrementAndGet() == 1) {
                    failing.countDown();
                    throw new AssertionError("a fault, which the test has made");
                }
                later.countDown();
                return false;
            });
            turns.wish();
            assertThat(failing.await(30, TimeUnit.SECONDS)).isTrue();
            turns.wish(); // perhaps while the fault is being dealt with
            assertThat(later.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
