package dev.syscallkernel.system;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.Syscall;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The syscalls on time, on the environment variables of a process, and on information about the machine. */
public sealed interface SystemSyscall<R extends @Nullable Object> extends Syscall<R> {

    /** The operating system, its processors and memory. */
    record GetSystemInfo() implements SystemSyscall<SystemInfo> {
        @Override
        public String name() {
            return "get_system_info";
        }

        @Override
        public String subject() {
            return "";
        }
    }

    /** The time of day. */
    record GetCurrentTime() implements SystemSyscall<Instant> {
        @Override
        public String name() {
            return "get_current_time";
        }

        @Override
        public String subject() {
            return "";
        }
    }

    /** A variable of the environment of the process, which is not that of the JVM; NOT_FOUND if it is not set. */
    record GetEnvVar(String key) implements SystemSyscall<String> {
        public GetEnvVar {
            requireNonNull(key, "key");
            if (key.isEmpty() || key.indexOf('=') >= 0 || key.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not the name of an environment variable: '" + key + "'");
            }
        }

        @Override
        public String name() {
            return "get_env_var";
        }

        @Override
        public String subject() {
            return key;
        }
    }

    /** Sets a variable of the environment of the process. */
    record SetEnvVar(String key, String value) implements SystemSyscall<@Nullable Void> {
        public SetEnvVar {
            requireNonNull(key, "key");
            requireNonNull(value, "value");
            if (key.isEmpty() || key.indexOf('=') >= 0 || key.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not the name of an environment variable: '" + key + "'");
            }
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("the value of " + key + " contains NUL");
            }
        }

        @Override
        public String name() {
            return "set_env_var";
        }

        @Override
        public String subject() {
            return key;
        }
    }

    /** Answers after the given time, holding no thread meanwhile. */
    record Sleep(Duration duration) implements SystemSyscall<@Nullable Void> {
        public Sleep {
            requireNonNull(duration, "duration");
            if (duration.isNegative()) {
                throw new IllegalArgumentException("duration must not be negative: " + duration);
            }
        }

        @Override
        public String name() {
            return "sleep";
        }

        @Override
        public String subject() {
            return duration.toString();
        }
    }

    /** How long the kernel has been running. */
    record GetUptime() implements SystemSyscall<Duration> {
        @Override
        public String name() {
            return "get_uptime";
        }

        @Override
        public String subject() {
            return "";
        }
    }
}
