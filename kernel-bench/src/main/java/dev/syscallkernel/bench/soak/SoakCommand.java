package dev.syscallkernel.bench.soak;

import dev.syscallkernel.bench.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the load and says what it left behind; the exit code is 0 only if that is nothing. */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Does everything at once for a while, and checks that nothing is left behind.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:nothing was left behind", "1:something was, or a call failed", "2:wrong usage"})
public final class SoakCommand implements Callable<Integer> {
    @Option(names = "--seconds", description = "how long; default: ${DEFAULT-VALUE}", defaultValue = "60")
    private int seconds;

    @Option(names = "--guests", description = "how many work at a time; default: ${DEFAULT-VALUE}", defaultValue = "8")
    private int guests;

    @Option(names = "--seed", description = "repeats the choices of an earlier run")
    private long seed = new Random().nextLong();

    @Override
    public Integer call() throws IOException, InterruptedException {
        System.out.println("seed " + seed);
        Path directory = Files.createTempDirectory("kernel-soak-");
        try {
            Soak soak = new Soak(Duration.ofSeconds(seconds), guests, seed, System.out);
            Residue residue = soak.run(directory);
            System.out.println(soak.summary());
            soak.failures().forEach(Throwable::printStackTrace);
            System.out.println(residue.describe());
            return residue.isClean() && soak.failures().isEmpty() ? 0 : 1;
        } finally {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
