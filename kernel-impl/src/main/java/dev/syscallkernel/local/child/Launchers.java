package dev.syscallkernel.local.child;

import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.LauncherTier;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Finds the strongest launcher that works here, by trying it. Thread-safe. */
final class Launchers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Launchers.class.getName());

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Command TRUE =
            Command.of("/bin/true").output(Command.Output.DISCARDED).build();

    private static final Plan HARMLESS =
            new Plan(List.of("/bin/true"), Map.of(), "/", List.of(), new Plan.Limits(0, 0, 16, 64, 0), 0, false, false);

    private final LauncherSettings settings;
    private final Starter starter;
    private final Path files;
    private final Executor threads;
    private @Nullable CompletableFuture<Optional<Launcher>> probe; // guarded by this; what is known or being found out
    private @Nullable Guardian guardian; // guarded by this

    /**
     * @param files where launchers have files
     * @param threads runs what may block: a probe is nobody's whose call could be cancelled
     */
    Launchers(LauncherSettings settings, Starter starter, Path files, Executor threads) {
        this.settings = settings;
        this.starter = starter;
        this.files = files;
        this.threads = threads;
    }

    /** Begins to try out what works, unless that is known. */
    synchronized CompletableFuture<Optional<Launcher>> begin() {
        CompletableFuture<Optional<Launcher>> known = probe;
        if (known == null || known.isCompletedExceptionally()) {
            CompletableFuture<Optional<Launcher>> begun = new CompletableFuture<>();
            probe = begun;
            known = begun;
            try {
                threads.execute(() -> probe(begun));
            } catch (RuntimeException | Error busy) {
                begun.completeExceptionally(busy);
            }
        }
        return known;
    }

    /**
     * The strongest launcher that works and is allowed. Waits if that is being found out.
     *
     * @throws IOException if it could not be found out now; the next call tries again
     */
    Optional<Launcher> best() throws IOException, InterruptedException {
        try {
            return begin().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException problem) {
            throw new IOException("no launcher could be tried out", problem);
        }
    }

    /** Waits for what is being tried out, which has files that somebody is going to remove. */
    @Override
    public void close() {
        CompletableFuture<Optional<Launcher>> begun;
        synchronized (this) {
            begun = probe;
        }
        try {
            if (begun != null) {
                begun.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException told) {
            LOG.log(Level.DEBUG, "No launcher had been found when the kernel was closed", told);
        }
        synchronized (this) {
            if (guardian != null) {
                guardian.close();
                guardian = null;
            }
        }
    }

    /** Before anything else is started. */
    private synchronized void beGuarded() throws IOException {
        if (guardian == null) {
            guardian = Guardian.start(starter);
        }
    }

    private void probe(CompletableFuture<Optional<Launcher>> result) {
        try {
            if (!Files.isDirectory(files)) {
                Files.createDirectories(
                        files, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            beGuarded();
            result.complete(Optional.ofNullable(strongest()));
        } catch (UnsupportedOperationException noPermissions) {
            LOG.log(Level.WARNING, "Programs cannot be started: files of launchers cannot be protected", noPermissions);
            result.complete(Optional.empty());
        } catch (IOException | InterruptedException | RuntimeException | Error problem) {
            LOG.log(Level.WARNING, "It could not be found out how programs can be started", problem);
            result.completeExceptionally(problem);
        }
    }

    private @Nullable Launcher strongest() throws IOException, InterruptedException {
        for (Launcher launcher :
                List.of(new ConfinedLauncher(settings), new ContainedLauncher(settings), new PlainLauncher(settings))) {
            LauncherTier tier = launcher.tier();
            if (tier.compareTo(settings.weakest()) <= 0 && works(launcher)) {
                LOG.log(
                        tier == LauncherTier.CONFINED ? Level.INFO : Level.WARNING,
                        "Programs are started by the launcher " + tier);
                return launcher;
            }
        }
        LOG.log(Level.WARNING, "No launcher works that is allowed: programs cannot be started");
        return null;
    }

    /** @throws IOException if that cannot be told, since it takes too long: no reason to use a weaker one */
    private boolean works(Launcher launcher) throws IOException, InterruptedException {
        try {
            Launch launch = Launch.start(
                    starter, launcher, HARMLESS, TRUE, files, launcher.tier().name(), () -> true);
            boolean ended = launch.process().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                launch.kill();
            }
            launch.deleteFiles();
            if (!ended) {
                throw new IOException("the launcher " + launcher.tier() + " does not end");
            }
            return launch.process().exitValue() == 0;
        } catch (Launch.FailedException problem) {
            if (problem.stage().equals(Launch.LATE)) {
                throw problem;
            }
            LOG.log(Level.INFO, "The launcher " + launcher.tier() + " does not work here: " + problem.getMessage());
            return false;
        }
    }
}
