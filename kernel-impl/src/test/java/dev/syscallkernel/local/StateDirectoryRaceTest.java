package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What somebody does, or would find, in the middle of a removal. Each test begins again until that was in time, which the
 * size of what is removed makes likely.
 */
@Timeout(120)
class StateDirectoryRaceTest {
    private static final int FILES = 3000;
    private static final int ATTEMPTS = 50;

    @TempDir
    Path parent;

    @TempDir
    Path home;

    private interface Attempt {
        /** Answers whether it was in time. */
        boolean run(int number) throws Exception;
    }

    private static void untilInTime(Attempt attempt) throws Exception {
        int number = 0;
        while (!attempt.run(number)) {
            number++;
            assertThat(number).as("attempts that were too late").isLessThan(ATTEMPTS);
        }
    }

    /** Runs a removal, and something else in another thread once the removal is under way. */
    private static boolean meanwhile(BooleanSupplier underWay, Runnable removal, Callable<Boolean> other)
            throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            while (!underWay.getAsBoolean()) {
                if (over.get()) {
                    return false;
                }
                Thread.onSpinWait();
            }
            return other.call();
        });
        new Thread(task, "meanwhile").start();
        try {
            removal.run();
        } finally {
            over.set(true);
        }
        return task.get();
    }

    private Path leave(String name) throws IOException {
        Path left = Files.createDirectory(parent.resolve(".sk-syscallkernel-" + name));
        Files.createFile(left.resolve("lock"));
        return left;
    }

    /** A tree whose inner directory is set aside first, and takes a while to empty. */
    private static Path fill(Path tree) throws IOException {
        Path inner = Files.createDirectories(tree.resolve("inner"));
        for (int i = 0; i < FILES; i++) {
            Files.createFile(inner.resolve("f" + i));
        }
        return inner;
    }

    private static boolean isGone(Path path) {
        return Files.notExists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private void sweepTemporary() {
        StateDirectory.temporary(parent).close();
    }

    /** The programs of a killed kernel have its user, and may have the temporary directory in a mount. */
    @Test
    void aDirectoryThatIsReplacedByALinkWhileItIsRemovedLeadsNowhereElse() throws Exception {
        Path one = Files.createFile(Files.createDirectory(home.resolve("a")).resolve("precious"));
        Path two = Files.createFile(Files.createDirectory(home.resolve("b")).resolve("precious"));
        untilInTime(number -> {
            Path left = leave("swapped-" + number);
            Path moved = parent.resolve("moved-" + number);
            Path first = fill(left.resolve("a"));
            Path second = fill(left.resolve("b"));
            boolean inTime = meanwhile(() -> isGone(first) || isGone(second), this::sweepTemporary, () -> {
                try {
                    Files.move(left, moved);
                } catch (NoSuchFileException late) {
                    return false;
                }
                Files.createSymbolicLink(left, home);
                return !isGone(moved.resolve("a")) || !isGone(moved.resolve("b"));
            });
            assertThat(one).exists();
            assertThat(two).exists();
            return inTime;
        });
    }

    @Test
    void whatAppearsInADirectoryWhileItIsRemovedGoesWithIt() throws Exception {
        untilInTime(number -> {
            Path left = leave("busy-" + number);
            Path inner = fill(left.resolve("a"));
            boolean inTime = meanwhile(() -> isGone(inner), this::sweepTemporary, () -> {
                try {
                    Files.createFile(left.resolve("late"));
                    return names(left).stream().anyMatch(name -> name.startsWith(".sk-tmp-"));
                } catch (NoSuchFileException late) {
                    return false;
                }
            });
            assertThat(inTime && !isGone(left)).as("left behind").isFalse();
            return inTime;
        });
    }

    /** A kernel that is killed there leaves it to the next one, which looks nowhere else. */
    @Test
    void whatASweepSetsAsideStaysWhereTheNextSweepLooks() throws Exception {
        Path named = parent.resolve("state");
        Path scratch = named.resolve("scratch");
        StateDirectory state = StateDirectory.open(named);
        untilInTime(number -> {
            Path inner = fill(scratch.resolve("a"));
            return meanwhile(() -> isGone(inner), state::sweep, () -> {
                assertThat(names(named)).isSubsetOf("lock", "scratch");
                return !isGone(scratch);
            });
        });
        state.close();
        assertThat(names(named)).containsExactly("lock");
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(entry -> entry.getFileName().toString()).toList();
        }
    }
}
