package dev.syscallkernel.grpc;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link CompletableFuture} leaves to be done. */
final class Futures {
    private Futures() {}

    /** What really went wrong, without the wrapping that futures add on the way. */
    static Throwable cause(Throwable problem) {
        Throwable cause = problem.getCause();
        boolean wrapper = problem instanceof CompletionException || problem instanceof ExecutionException;
        return wrapper && cause != null ? cause : problem;
    }

    /**
     * Maps the outcome as it comes. Unlike with {@code handle}, cancelling the result cancels the source, and what a
     * mapping throws is not wrapped.
     */
    static <T extends @Nullable Object, U extends @Nullable Object> CompletableFuture<U> map(
            CompletableFuture<T> source, Function<T, U> onResult, Function<Throwable, U> onFailure) {
        CompletableFuture<U> outcome = new CompletableFuture<>();
        var unused = source.whenComplete((result, problem) -> {
            if (outcome.isDone()) {
                return; // it was cancelled
            }
            try {
                outcome.complete(problem == null ? onResult.apply(result) : onFailure.apply(cause(problem)));
            } catch (RuntimeException | Error failure) {
                outcome.completeExceptionally(failure);
            }
        });
        var ignored = outcome.whenComplete((result, problem) -> {
            if (outcome.isCancelled()) {
                source.cancel(false);
            }
        });
        return outcome;
    }
}
