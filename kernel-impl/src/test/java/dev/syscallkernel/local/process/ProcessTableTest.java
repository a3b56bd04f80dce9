package dev.syscallkernel.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.process.ResourceLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProcessTableTest {
    private static final ProcessSpec SPEC = ProcessSpec.named("p").build();

    @TempDir
    Path scratch;

    private final ProcessTable table = table(Duration.ofSeconds(5));

    private static ProcessTable table(Duration patience) {
        return new ProcessTable(10, ResourceLimits.DEFAULT, patience, Clock.systemUTC(), new EventBus(Runnable::run));
    }

    private FileTree files() {
        return FileTree.open(List.of(new Mount.Scratch("/tmp")), scratch, Transactions.withoutJournal());
    }

    @Test
    void closingWaitsForAProcessThatIsBeingMadeAndEndsIt() throws Exception {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> proceed = new CompletableFuture<>();
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        Thread creating = new Thread(() -> {
            try {
                table.create(SPEC, () -> {
                    begun.complete(null);
                    proceed.join();
                    return files();
                });
            } catch (RuntimeException refusal) {
                outcome.set(refusal);
            }
        });
        creating.start();
        begun.get(30, TimeUnit.SECONDS);
        Thread closing = new Thread(table::close);
        closing.start();
        while (closing.getState() != Thread.State.TIMED_WAITING && closing.isAlive()) {
            Thread.onSpinWait();
        }
        assertThat(closing.isAlive()).as("waits").isTrue();
        proceed.complete(null);
        closing.join();
        assertThat(scratch).isEmptyDirectory();
        creating.join();
        assertThat(table.infos()).isEmpty();
    }

    @Test
    void theEndOfAProcessWaitsAsLongAsThePatienceForWhatHoldsIt() throws Exception {
        ProcessTable impatient = table(Duration.ofMillis(50));
        LogicalProcess busy = impatient.create(SPEC, this::files);
        busy.hold("test");
        assertThat(impatient.end(busy.pid())).isTrue();
        assertThat(scratch).as("what holds it cleans up").isNotEmptyDirectory();
        busy.letGo();
        assertThat(scratch).isEmptyDirectory();

        LogicalProcess slow = table.create(SPEC, this::files);
        slow.hold("test");
        Thread ending = new Thread(() -> table.end(slow.pid()));
        ending.start();
        while (ending.getState() != Thread.State.TIMED_WAITING && ending.isAlive()) {
            Thread.onSpinWait();
        }
        assertThat(ending.isAlive()).as("waits").isTrue();
        slow.letGo();
        ending.join(4000);
        assertThat(ending.isAlive()).as("no longer than it takes").isFalse();
    }

    @Test
    void afterTheEndNothingIsMadeForAProcessThatWillNotBe() {
        table.close();
        assertThatThrownBy(() -> table.create(SPEC, () -> {
                    throw new AssertionError("its files were asked for");
                }))
                .hasMessageContaining("the kernel is closed")
                .hasMessageContaining("UNAVAILABLE");
        assertThat(Files.exists(scratch.resolve("scratch"))).isFalse();
    }
}
