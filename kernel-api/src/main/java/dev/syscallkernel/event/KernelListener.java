package dev.syscallkernel.event;

import org.jspecify.annotations.Nullable;

/** Hears events one at a time, in order. A listener that throws ends its own subscription and harms nobody else. */
@FunctionalInterface
public interface KernelListener {

    void onEvent(KernelEvent event);

    /**
     * The events have ended.
     *
     * @param failure why, or null if the kernel was closed in good order
     */
    default void onEnd(@Nullable Throwable failure) {}
}
