package dev.syscallkernel.bench.soak;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the network buffers that the garbage collector finds before anybody has released them. */
final class LostBuffers extends ResourceLeakDetectorFactory {
    private static final LostBuffers INSTANCE = new LostBuffers();

    private final AtomicLong lost = new AtomicLong();

    private LostBuffers() {}

    /** Watches every buffer from now on. Must come before the first buffer is made. */
    static void watch() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(INSTANCE);
    }

    /** How many were lost up to now. Collects garbage, since they show only then. */
    static long count() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(100); // the collector hands its finds over in the background
            ByteBuf probe = ByteBufAllocator.DEFAULT.buffer(); // the detector looks at the finds when a buffer is made
            probe.release();
        }
        return INSTANCE.lost.get();
    }

    @Override
    @Deprecated // but the one that is abstract
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(Class<T> resource, int interval, long maxActive) {
        return new Counting<>(resource, interval);
    }

    private final class Counting<T> extends ResourceLeakDetector<T> {
        Counting(Class<T> resource, int interval) {
            super(resource, interval);
        }

        @Override
        protected void reportTracedLeak(String type, String records) {
            lost.incrementAndGet();
            super.reportTracedLeak(type, records);
        }

        @Override
        protected void reportUntracedLeak(String type) {
            lost.incrementAndGet();
            super.reportUntracedLeak(type);
        }

        @Override
        protected boolean needReport() {
            return true;
        }
    }
}
