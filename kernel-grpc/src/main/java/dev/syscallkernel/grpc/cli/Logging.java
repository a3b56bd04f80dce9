package dev.syscallkernel.grpc.cli;

import org.slf4j.bridge.SLF4JBridgeHandler;

/** Sends all logs to one place, standard error, and says how much of them. The rest is in {@code logback.xml}. */
final class Logging {
    private static final String OWN_LEVEL = "syscallkernel.log.level";
    private static final String OTHER_LEVEL = "syscallkernel.log.libraries";

    private Logging() {}

    /** Redirects what gRPC logs by {@code java.util.logging}. */
    static void bridge() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    /** Logs more than warnings. Works only before the first entry, for the configuration is read then. */
    static void verbose() {
        if (System.getProperty(OWN_LEVEL) == null) {
            System.setProperty(OWN_LEVEL, "DEBUG");
        }
        if (System.getProperty(OTHER_LEVEL) == null) {
            System.setProperty(OTHER_LEVEL, "INFO");
        }
    }
}
