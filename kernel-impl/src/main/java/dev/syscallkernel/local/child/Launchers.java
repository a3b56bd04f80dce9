package dev.syscallkernel.local.child;

import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.LauncherTier;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Finds the strongest launcher that works here, by trying it, when it is first asked for. Thread-safe. */
final class Launchers {
    private static final System.Logger LOG = System.getLogger(Launchers.class.getName());

    private static final Command TRUE =
            Command.of("/bin/true").output(Command.Output.DISCARDED).build();

    private static final Plan HARMLESS =
            new Plan(List.of("/bin/true"), Map.of(), "/", List.of(), new Plan.Limits(0, 0, 16, 64, 0), 0, false);

    private final LauncherSettings settings;
    private final Starter starter;
    private boolean probed; // guarded by this
    private @Nullable Launcher best; // guarded by this

    Launchers(LauncherSettings settings, Starter starter) {
        this.settings = settings;
        this.starter = starter;
    }

    /** The strongest launcher that works and is allowed. The first call takes some milliseconds. */
    synchronized Optional<Launcher> best(Path files) {
        if (!probed) {
            probed = true;
            best = probe(files);
        }
        return Optional.ofNullable(best);
    }

    private @Nullable Launcher probe(Path files) {
        for (Launcher launcher :
                List.of(new ConfinedLauncher(settings), new ContainedLauncher(settings), new PlainLauncher(settings))) {
            LauncherTier tier = launcher.tier();
            if (tier.compareTo(settings.weakest()) <= 0 && works(launcher, files)) {
                LOG.log(
                        tier == LauncherTier.CONFINED ? Level.INFO : Level.WARNING,
                        "Programs are started by the launcher " + tier);
                return launcher;
            }
        }
        LOG.log(Level.WARNING, "No launcher works that is allowed: programs cannot be started");
        return null;
    }

    private boolean works(Launcher launcher, Path files) {
        try {
            Launch launch = Launch.start(
                    starter, launcher, HARMLESS, TRUE, files, launcher.tier().name(), () -> true);
            boolean ended = launch.process().waitFor(5, TimeUnit.SECONDS);
            if (!ended) {
                launch.kill();
            }
            launch.deleteFiles();
            return ended && launch.process().exitValue() == 0;
        } catch (IOException problem) {
            LOG.log(Level.INFO, "The launcher " + launcher.tier() + " does not work here: " + problem.getMessage());
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
