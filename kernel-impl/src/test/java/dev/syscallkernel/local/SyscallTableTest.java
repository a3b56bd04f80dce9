package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.local.child.Children;
import dev.syscallkernel.local.child.LauncherSettings;
import dev.syscallkernel.local.event.EventBus;
import dev.syscallkernel.local.process.ProcessTable;
import dev.syscallkernel.local.stream.Uploads;
import dev.syscallkernel.local.syscall.SyscallTable;
import dev.syscallkernel.local.syscall.Timers;
import dev.syscallkernel.process.ResourceLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Stands in for the exhaustive switch that Java 17 does not have. */
class SyscallTableTest {

    @Test
    void everySyscallHasExactlyOneRuleAndHandler() {
        try (Timers timers = new Timers(Thread::new, Runnable::run);
                Children children = children(timers)) {
            SyscallTable table = SyscallHandlers.table(
                    new SystemHandlers(timers),
                    new Uploads(null, Clock.systemUTC()),
                    children,
                    Clock.systemUTC(),
                    () -> Duration.ZERO);
            Set<Class<?>> calls = new HashSet<>();
            collect(Syscall.class, calls);
            assertThat(calls).hasSizeGreaterThan(15).allMatch(Class::isRecord);
            assertThat(table.kinds()).isEqualTo(calls);
        }
    }

    private static Children children(Timers timers) {
        ProcessTable processes = new ProcessTable(
                1, ResourceLimits.DEFAULT, Duration.ofSeconds(5), Clock.systemUTC(), new EventBus(Runnable::run));
        return new Children(LauncherSettings.DEFAULT, Path.of("none"), processes, timers, Runnable::run, Thread::new);
    }

    private static void collect(Class<?> type, Set<Class<?>> calls) {
        Class<?>[] permitted = type.getPermittedSubclasses();
        if (permitted == null) {
            calls.add(type);
            return;
        }
        for (Class<?> subtype : permitted) {
            collect(subtype, calls);
        }
    }
}
