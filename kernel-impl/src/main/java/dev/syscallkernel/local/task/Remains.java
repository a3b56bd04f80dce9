package dev.syscallkernel.local.task;

import dev.syscallkernel.local.call.Answer;
import dev.syscallkernel.local.call.CallControl;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of the work of a task that has ended, when all that it worked with is let go.
 *
 * @param request kept only if it can be submitted again under its request id; else something that is equal to no request
 */
record Remains<R extends @Nullable Object>(String name, String subject, Object request, long size) implements Work<R> {
    private static final Object FORGOTTEN = new Object();

    static <R extends @Nullable Object> Remains<R> withRequest(Work<R> work) {
        return new Remains<>(work.name(), work.subject(), work.request(), work.size());
    }

    static <R extends @Nullable Object> Remains<R> withoutRequest(Work<R> work) {
        String subject = work.subject();
        return new Remains<>(work.name(), subject, FORGOTTEN, 2L * subject.length());
    }

    @Override
    public void start(CallControl control, Answer<R> answer) {
        throw new IllegalStateException("the work has ended: " + name);
    }
}
