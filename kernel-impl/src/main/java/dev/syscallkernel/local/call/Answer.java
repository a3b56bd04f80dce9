package dev.syscallkernel.local.call;

import org.jspecify.annotations.Nullable;

/** Hears how a call ended, once. Must not throw. */
@FunctionalInterface
public interface Answer<R extends @Nullable Object> {

    /**
     * The call is over.
     *
     * @param result null if there is a problem, or if there is nothing to answer
     * @param problem why there is no result; null if there is one
     */
    void complete(@Nullable R result, @Nullable Throwable problem);
}
