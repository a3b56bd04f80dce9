package dev.syscallkernel.grpc.cli;

import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sends all logs to one place, standard error, and says how much of them. The rest is in {@code logback.xml}, which is not
 * where Logback looks by itself: those who use this jar as a library have a configuration of their own.
 */
final class Logging {
    private static final String CONFIGURATION = "logback.configurationFile";
    private static final String OWN_LEVEL = "syscallkernel.log.level";
    private static final String OTHER_LEVEL = "syscallkernel.log.libraries";

    private Logging() {}

    /** Names the configuration, unless the user has, and redirects what gRPC logs by {@code java.util.logging}. */
    static void configure() {
        setDefault(CONFIGURATION, "dev/syscallkernel/grpc/cli/logback.xml");
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    /** Logs more than warnings. Works only before the first entry, for the configuration is read then. */
    static void verbose() {
        setDefault(OWN_LEVEL, "DEBUG");
        setDefault(OTHER_LEVEL, "INFO");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
