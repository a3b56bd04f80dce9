package dev.syscallkernel.local.process;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Syscall;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.process.ResourceLimits;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a process holds and has to give back when it ends. Thread-safe. */
public final class Resources {

    /** The kinds of resources that are counted and limited. */
    public enum Kind {
        UPLOAD("upload", "unfinished uploads", "maxOpenStreams", "commit one of them"),
        STREAM("stream", "open streams", "maxOpenStreams", "close one of them"),
        CHILD("child", "children", "maxProcesses", "end one of them"),
        WAITING_CALL("waiting_call", "tasks and waiting calls", "maxTasks", "wait for one of them or cancel it");

        private final String label;
        private final String plural;
        private final String limitName;
        private final String wayOut;

        Kind(String label, String plural, String limitName, String wayOut) {
            this.label = label;
            this.plural = plural;
            this.limitName = limitName;
            this.wayOut = wayOut;
        }

        /** The limit that is reached first. */
        private String limitName(ResourceLimits limits) {
            return this == STREAM && limits.maxFileDescriptors() < limits.maxOpenStreams()
                    ? "maxFileDescriptors"
                    : limitName;
        }

        /** How many of this kind a process may hold. A stream is a file descriptor too. */
        private int limit(ResourceLimits limits) {
            return switch (this) {
                case UPLOAD -> limits.maxOpenStreams();
                case STREAM -> Math.min(limits.maxOpenStreams(), limits.maxFileDescriptors());
                case CHILD -> limits.maxProcesses();
                case WAITING_CALL -> limits.maxTasks();
            };
        }
    }

    /** One of a ring of all places that are held: there can be very many, and a table of them would need more. */
    private final class CountedPlace implements Place {
        private final Kind kind;
        private CountedPlace previous = this; // guarded by lock, like the next ones
        private CountedPlace next = this;
        private @Nullable Runnable release;
        private boolean over;

        private CountedPlace(Kind kind) {
            this.kind = kind;
        }

        @Override
        public void releaseBy(Runnable action) {
            synchronized (lock) {
                if (over) {
                    return;
                }
                release = action;
            }
            if (closed) {
                release();
            }
        }

        /** Ends the holder. Returns whether there was one to end. */
        private boolean release() {
            Runnable action;
            synchronized (lock) {
                action = release;
                release = null;
                if (over || action == null) {
                    return false;
                }
            }
            close();
            action.run();
            return true;
        }

        @Override
        public void close() {
            synchronized (lock) {
                if (over) {
                    return;
                }
                over = true;
                release = null;
                previous.next = next;
                next.previous = previous;
                previous = this; // whoever keeps this one shall not keep those that came after it
                next = this;
            }
            counter(kind).decrementAndGet();
        }
    }

    private final Object lock = new Object();
    private final CountedPlace ring = new CountedPlace(Kind.WAITING_CALL); // its beginning, which nobody holds
    private final EnumMap<Kind, AtomicInteger> counters = new EnumMap<>(Kind.class);
    private volatile boolean closed;

    Resources() {
        for (Kind kind : Kind.values()) {
            counters.put(kind, new AtomicInteger());
        }
    }

    /** How many are held now. */
    public int count(Kind kind) {
        return counter(kind).get();
    }

    /**
     * Takes a place, before what needs it is made.
     *
     * @throws SyscallException RESOURCE_EXHAUSTED if the process holds as many as it may
     */
    public Place take(Kind kind, ResourceLimits limits, Syscall<?> call) {
        return take(kind, limits, call.name(), call::subject);
    }

    /** As {@link #take(Kind, ResourceLimits, Syscall)}, for what is more than one call. */
    public Place take(Kind kind, ResourceLimits limits, String syscall, Supplier<String> subject) {
        AtomicInteger counter = counter(kind);
        int limit = kind.limit(limits);
        if (counter.incrementAndGet() > limit) {
            int held = counter.decrementAndGet();
            throw new SyscallException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    syscall,
                    subject.get(),
                    "the process has " + held + " of " + limit + " " + kind.plural + " (" + kind.limitName(limits)
                            + "); " + kind.wayOut + ", or raise the limit");
        }
        CountedPlace place = new CountedPlace(kind);
        synchronized (lock) {
            place.previous = ring;
            place.next = ring.next;
            ring.next.previous = place;
            ring.next = place;
        }
        return place;
    }

    /** Ends every holder, now and from now on. */
    Released releaseAll() {
        closed = true;
        Map<String, Long> byType = new TreeMap<>();
        List<String> errors = new ArrayList<>();
        for (CountedPlace place : held()) {
            try {
                if (place.release()) {
                    byType.merge(place.kind.label, 1L, Long::sum);
                }
            } catch (RuntimeException failure) {
                errors.add(place.kind.label + ": " + failure.getMessage());
            }
        }
        return new Released(byType, errors);
    }

    private List<CountedPlace> held() {
        List<CountedPlace> held = new ArrayList<>();
        synchronized (lock) {
            for (CountedPlace place = ring.next; place != ring; place = place.next) {
                held.add(place);
            }
        }
        return held;
    }

    /** What {@link #releaseAll} did. */
    record Released(Map<String, Long> byType, List<String> errors) {}

    private AtomicInteger counter(Kind kind) {
        AtomicInteger counter = counters.get(kind);
        if (counter == null) {
            throw new IllegalStateException("no counter for " + kind);
        }
        return counter;
    }
}
