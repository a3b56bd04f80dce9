package dev.syscallkernel.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class SoakTest {
    @TempDir
    Path directory;

    @Test
    void aMixedLoadLeavesNothingBehind() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Soak soak =
                new Soak(Duration.ofSeconds(Integer.getInteger("syscallkernel.soak.seconds", 20)), 8, seed, System.out);

        Residue residue = soak.run(directory);

        System.out.println(soak.summary());
        assertThat(soak.failures()).as("seed " + seed).isEmpty();
        assertThat(residue.isClean()).as(residue.describe()).isTrue();
    }
}
