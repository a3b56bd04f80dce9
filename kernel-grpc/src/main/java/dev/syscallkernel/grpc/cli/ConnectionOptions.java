package dev.syscallkernel.grpc.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which kernel a command talks to. */
final class ConnectionOptions {
    static final String CONNECT = "--connect";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Option(
            names = CONNECT,
            paramLabel = "ADDRESS",
            defaultValue = "${env:SYSCALLKERNEL_ADDRESS:-127.0.0.1:50051}",
            description = "Where the kernel's server listens, such as 127.0.0.1:50051 or unix:/run/kernel.sock."
                    + " Default: the variable SYSCALLKERNEL_ADDRESS, or else 127.0.0.1:50051.")
    private String address = "";

    String address() {
        return address;
    }

    /** Prepares the connection; it is made with the first call. */
    Session open(StopRequest stop) {
        try {
            return Session.open(address, stop);
        } catch (IllegalArgumentException notAnAddress) {
            throw new ParameterException(command.commandLine(), String.valueOf(notAnAddress.getMessage()));
        }
    }
}
