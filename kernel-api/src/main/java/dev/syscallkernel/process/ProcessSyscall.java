package dev.syscallkernel.process;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Pid;
import dev.syscallkernel.Syscall;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The syscalls on processes and their programs. A process can name itself, what it started, and what those started; any
 * other pid is NO_SUCH_PROCESS, whether or not there is such a process.
 *
 * <p>A program that has ended can still be waited for, for ten minutes or until its parent ends.
 */
public sealed interface ProcessSyscall<R extends @Nullable Object> extends Syscall<R> {

    /**
     * Starts a program, as a child process whose sandbox is at most that of this one. It ends with this process at the
     * latest.
     *
     * <p>NOT_FOUND if there is no such program or working directory; PERMISSION_DENIED if it is not executable or out of
     * reach; INVALID_ARGUMENT for more or longer arguments than the system takes; UNSUPPORTED for a limit that the kernel
     * cannot enforce, for a process with path rules, and where no launcher works that the operator allows; IO_ERROR if
     * the launcher fails.
     */
    record SpawnProcess(Command command) implements ProcessSyscall<SpawnedProcess> {
        public SpawnProcess {
            requireNonNull(command, "command");
        }

        @Override
        public String name() {
            return "spawn_process";
        }

        @Override
        public String subject() {
            return command.program();
        }
    }

    /**
     * Ends a child with all that it started: asks it with SIGTERM, kills it three seconds later unless it has ended, and
     * answers when nothing of it is left. Killing an ended one answers its status. Nothing takes it back: to cancel it
     * has no effect, and a time limit only ends the waiting.
     */
    record KillProcess(Pid target) implements ProcessSyscall<ExitStatus> {
        public KillProcess {
            requireNonNull(target, "target");
        }

        @Override
        public String name() {
            return "kill_process";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /** Sends a signal to the main process of a child. */
    record SendSignal(Pid target, int signal) implements ProcessSyscall<@Nullable Void> {
        public SendSignal {
            requireNonNull(target, "target");
            if (signal < 1 || signal > 64) {
                throw new IllegalArgumentException("a signal is a number from 1 to 64: " + signal);
            }
        }

        @Override
        public String name() {
            return "send_signal";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /** What a live process is. */
    record GetProcessInfo(Pid target) implements ProcessSyscall<ProcessInfo> {
        public GetProcessInfo {
            requireNonNull(target, "target");
        }

        @Override
        public String name() {
            return "get_process_info";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /** This process and the live ones that come from it, in the order of their pids. */
    record GetProcessList() implements ProcessSyscall<List<ProcessInfo>> {
        @Override
        public String name() {
            return "get_process_list";
        }

        @Override
        public String subject() {
            return "";
        }
    }

    /**
     * Changes the priority of a live process: 1 background, 2 low, 3 normal, 4 high, 5 critical; any other number counts as
     * normal. Each step doubles its share of the kernel's threads for tasks, and a program of low priority is given less of
     * the processor while others want it.
     */
    record SetProcessPriority(Pid target, int priority) implements ProcessSyscall<@Nullable Void> {
        public SetProcessPriority {
            requireNonNull(target, "target");
            if (priority < 0) {
                throw new IllegalArgumentException("priority must not be negative: " + priority);
            }
        }

        @Override
        public String name() {
            return "set_process_priority";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /** What a process is doing. */
    record GetProcessState(Pid target) implements ProcessSyscall<ProcessState> {
        public GetProcessState {
            requireNonNull(target, "target");
        }

        @Override
        public String name() {
            return "get_process_state";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /** What the program of a live process uses. */
    record GetProcessStats(Pid target) implements ProcessSyscall<ProcessStats> {
        public GetProcessStats {
            requireNonNull(target, "target");
        }

        @Override
        public String name() {
            return "get_process_stats";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }

    /**
     * Answers how a child ended, once it has. Holds no thread meanwhile.
     *
     * @param patience after which the answer is TIMED_OUT, and the child goes on; null for no limit
     */
    record WaitProcess(Pid target, @Nullable Duration patience) implements ProcessSyscall<ExitStatus> {
        public WaitProcess {
            requireNonNull(target, "target");
            if (patience != null && patience.isNegative()) {
                throw new IllegalArgumentException("the time to wait must not be negative: " + patience);
            }
        }

        /** Waits as long as it takes. */
        public WaitProcess(Pid target) {
            this(target, null);
        }

        /** How long to wait at most. */
        public Optional<Duration> timeout() {
            return Optional.ofNullable(patience);
        }

        @Override
        public String name() {
            return "wait_process";
        }

        @Override
        public String subject() {
            return target.toString();
        }
    }
}
