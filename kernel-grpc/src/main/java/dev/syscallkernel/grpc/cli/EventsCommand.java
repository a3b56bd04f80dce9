package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.event.KernelEvent;
import dev.syscallkernel.event.KernelListener;
import dev.syscallkernel.event.Subscription;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "events",
        description = "Prints what happens in a kernel, one line for each event, until it is stopped.")
final class EventsCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final StopRequest stop;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private JsonOption json = new JsonOption();

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "Only events of this type, such as process_created; can be repeated. Default: all.")
    private List<KernelEvent.Type> types = new ArrayList<>();

    @Option(names = "--count", paramLabel = "N", description = "End after so many events.")
    private @Nullable Long count;

    EventsCommand(Terminal terminal, StopRequest stop) {
        this.terminal = terminal;
        this.stop = stop;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (count != null && count < 1) {
            throw new ParameterException(command.commandLine(), "--count must be at least 1: " + count);
        }
        Printer printer = new Printer(count == null ? Long.MAX_VALUE : count);
        Set<KernelEvent.Type> wanted = EnumSet.noneOf(KernelEvent.Type.class);
        wanted.addAll(types);
        try (Session session = connection.open(stop);
                Subscription subscription = session.kernel().subscribe(printer, wanted)) {
            printer.await();
        }
        return ExitCode.OK;
    }

    /** Prints on the thread that brings the events, which waits for whoever reads them. */
    private final class Printer implements KernelListener {
        private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
        private long missing; // used by one call after the other

        private Printer(long wanted) {
            this.missing = wanted;
        }

        @Override
        public void onEvent(KernelEvent event) {
            if (end.isDone()) {
                return;
            }
            try {
                terminal.line(json.wanted() ? Json.text(EventFields.of(event)) : EventFields.line(event));
                terminal.flush();
            } catch (CommandFailure | OutputClosedException problem) {
                end.completeExceptionally(problem);
            }
            missing--;
            if (missing == 0) {
                end.complete(null);
            }
        }

        @Override
        public void onEnd(@Nullable Throwable failure) {
            if (failure != null) {
                end.completeExceptionally(failure);
            } else if (count != null) {
                end.completeExceptionally(
                        new CommandFailure("the kernel was closed, with " + missing + " events still to come"));
            } else {
                end.complete(null);
            }
        }

        private void await() throws InterruptedException {
            try {
                end.get();
            } catch (ExecutionException problem) {
                if (problem.getCause() instanceof RuntimeException failure) {
                    throw failure;
                }
                throw new IllegalStateException(problem.getCause());
            }
        }
    }
}
