package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** As whom a command works, and on which kernel. */
final class ProcessOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(
            names = "--pid",
            paramLabel = "N",
            description = "Work as this process, with what it may do and its working directory."
                    + " Default: a process of its own, which ends with the command.")
    private @Nullable Integer pid;

    Session open(StopRequest stop) {
        if (pid != null && pid < 1) {
            throw new ParameterException(command.commandLine(), "--pid must be at least 1: " + pid);
        }
        return connection.open(stop);
    }

    /** The process that is asked for, or a new one that may do just this. */
    KernelProcess process(Session session, Capability... needed) {
        return given(session)
                .orElseGet(() -> session.temporary(
                        ProcessSpec.named(command.qualifiedName()).grant(needed).build()));
    }

    /** The process that is asked for, if one is. */
    Optional<KernelProcess> given(Session session) {
        return Optional.ofNullable(pid).map(number -> session.kernel().process(new Pid(number)));
    }

    boolean isGiven() {
        return pid != null;
    }
}
