package dev.syscallkernel.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** The program that confines children. Tests that need it are skipped where it is missing, except in CI. */
public final class Bubblewrap {
    private static final boolean REQUIRED = System.getenv("CI") != null || Boolean.getBoolean("syscallkernel.ci");

    private Bubblewrap() {}

    /** Fails in CI, and skips the test elsewhere, unless bubblewrap is installed. */
    public static void require() {
        boolean installed = Files.isExecutable(Path.of("/usr/bin/bwrap"));
        if (REQUIRED) {
            assertThat(installed)
                    .as("bubblewrap is installed; .ci/install-test-packages does it")
                    .isTrue();
        }
        assumeTrue(installed, "bubblewrap is not installed; .ci/install-test-packages does it");
    }
}
