package dev.syscallkernel.local.child;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Starts all processes of the host, one after the other, on one thread that lives as long as they do. Both matters: the
 * signal that ends them with the kernel comes when the thread ends that started them; and a process that is just being
 * started holds the files for a moment that the kernel is writing, so that nobody else could execute them.
 */
final class Starter implements AutoCloseable {
    private final ThreadPoolExecutor thread;

    Starter(ThreadFactory threads) {
        thread = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    }

    /**
     * Starts a process.
     *
     * @throws IOException if the host cannot, or the kernel is closed
     */
    Process start(ProcessBuilder builder) throws IOException {
        CompletableFuture<Process> started = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    started.complete(builder.start());
                } catch (IOException | RuntimeException | Error problem) {
                    started.completeExceptionally(problem);
                }
            });
            return started.join();
        } catch (RejectedExecutionException closed) {
            throw new IOException("the kernel is closed", closed);
        } catch (CompletionException problem) {
            throw problem.getCause() instanceof IOException failure ? failure : new IOException(problem);
        }
    }

    /** Runs a short command of the host to its end, without input and output. Returns its exit code. */
    int run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Redirect.from(new java.io.File("/dev/null")))
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD);
        builder.environment().clear();
        Process process = start(builder);
        if (process.waitFor(10, TimeUnit.SECONDS)) {
            return process.exitValue();
        }
        process.destroyForcibly();
        throw new IOException(command[0] + " does not end");
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
