package dev.syscallkernel.local.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.Pid;
import dev.syscallkernel.event.KernelEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Demand, order, loss and ends, with an executor that runs when it is told to. */
class EventBusTest {
    private final Deque<Runnable> pending = new ArrayDeque<>();
    private final EventBus bus = new EventBus(pending::add);

    private void runPending() {
        while (!pending.isEmpty()) {
            pending.poll().run();
        }
    }

    private static KernelEvent event(int number) {
        return new KernelEvent.ProcessCreated(Instant.EPOCH, new Pid(number), "p");
    }

    private static final class Recorder implements Flow.Subscriber<KernelEvent> {
        final List<KernelEvent> heard = new ArrayList<>();
        Flow.@Nullable Subscription subscription;

        @Nullable
        Throwable failure;

        boolean completed;

        @Override
        public void onSubscribe(Flow.Subscription s) {
            subscription = s;
        }

        @Override
        public void onNext(KernelEvent event) {
            heard.add(event);
        }

        @Override
        public void onError(Throwable problem) {
            failure = problem;
        }

        @Override
        public void onComplete() {
            completed = true;
        }

        void request(long n) {
            if (subscription == null) {
                throw new AssertionError("not subscribed");
            }
            subscription.request(n);
        }

        void cancel() {
            if (subscription == null) {
                throw new AssertionError("not subscribed");
            }
            subscription.cancel();
        }
    }

    private Recorder subscribe() {
        Recorder recorder = new Recorder();
        bus.publisher(Set.of()).subscribe(recorder);
        runPending();
        return recorder;
    }

    @Test
    void nobodyHearsMoreThanAskedFor() {
        Recorder recorder = subscribe();
        bus.publish(event(1));
        bus.publish(event(2));
        runPending();
        assertThat(recorder.heard).isEmpty();
        recorder.request(1);
        runPending();
        assertThat(recorder.heard).containsExactly(event(1));
        recorder.request(Long.MAX_VALUE);
        recorder.request(Long.MAX_VALUE);
        runPending();
        assertThat(recorder.heard).containsExactly(event(1), event(2));
    }

    @Test
    void whatDoesNotFitIsCountedAndReportedWhereItWasLost() {
        Recorder recorder = subscribe();
        for (int i = 1; i <= EventBus.CAPACITY + 5; i++) {
            bus.publish(event(i));
        }
        recorder.request(1);
        runPending();
        bus.publish(event(5000));
        recorder.request(Long.MAX_VALUE);
        runPending();
        assertThat(recorder.heard).hasSize(EventBus.CAPACITY + 2);
        assertThat(recorder.heard.get(EventBus.CAPACITY - 1)).isEqualTo(event(EventBus.CAPACITY));
        assertThat(recorder.heard.get(EventBus.CAPACITY)).isEqualTo(new KernelEvent.EventsDropped(Instant.EPOCH, 5));
        assertThat(recorder.heard.get(EventBus.CAPACITY + 1)).isEqualTo(event(5000));
    }

    @Test
    void aLossIsReportedEvenIfNothingHappensAfterwards() {
        Recorder recorder = subscribe();
        for (int i = 1; i <= EventBus.CAPACITY + 1; i++) {
            bus.publish(event(i));
        }
        recorder.request(Long.MAX_VALUE);
        runPending();
        assertThat(recorder.heard).hasSize(EventBus.CAPACITY + 1);
        assertThat(recorder.heard.get(EventBus.CAPACITY)).isEqualTo(new KernelEvent.EventsDropped(Instant.EPOCH, 1));
    }

    @Test
    void aCancelledSubscriberHearsNothingAndIsForgotten() {
        Recorder recorder = subscribe();
        recorder.request(10);
        recorder.cancel();
        bus.publish(event(1));
        runPending();
        assertThat(recorder.heard).isEmpty();
        assertThat(bus.wants(KernelEvent.Type.PROCESS_CREATED)).isFalse();
    }

    @Test
    void closingCompletesAfterWhatWaits() {
        Recorder recorder = subscribe();
        bus.publish(event(1));
        bus.close();
        runPending();
        assertThat(recorder.completed).isFalse();
        recorder.request(1);
        runPending();
        assertThat(recorder.heard).containsExactly(event(1));
        assertThat(recorder.completed).isTrue();
    }

    @Test
    void demandThatIsNotPositiveIsAnError() {
        Recorder recorder = subscribe();
        recorder.request(0);
        runPending();
        assertThat(recorder.failure).isInstanceOf(IllegalArgumentException.class);
        assertThat(bus.wants(KernelEvent.Type.PROCESS_CREATED)).isFalse();
    }

    @Test
    void eventsOfOtherTypesAreNotEvenQueued() {
        Recorder recorder = new Recorder();
        bus.publisher(Set.of(KernelEvent.Type.PROCESS_TERMINATED)).subscribe(recorder);
        runPending();
        recorder.request(10);
        bus.publish(event(1));
        runPending();
        assertThat(recorder.heard).isEmpty();
        assertThat(bus.wants(KernelEvent.Type.PROCESS_CREATED)).isFalse();
        assertThat(bus.wants(KernelEvent.Type.PROCESS_TERMINATED)).isTrue();
    }
}
