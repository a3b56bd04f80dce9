package dev.syscallkernel.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version that the build wrote into the jar. */
final class KernelVersion {
    static final String CURRENT = read();

    private KernelVersion() {}

    private static String read() {
        Properties properties = new Properties();
        try (InputStream in = KernelVersion.class.getResourceAsStream("version.properties")) {
            if (in == null) {
                throw new IllegalStateException("version.properties is missing from the jar of the kernel");
            }
            properties.load(in);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
        return properties.getProperty("version", "");
    }
}
