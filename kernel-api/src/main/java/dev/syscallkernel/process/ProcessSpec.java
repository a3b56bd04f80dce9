package dev.syscallkernel.process;

import static java.util.Objects.requireNonNull;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import dev.syscallkernel.system.SystemSyscall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Describes a process to be created. What it does not grant, the process does not have: no mount, no capability, no
 * environment variable.
 *
 * @param name for people; need not be unique
 * @param level what it can ever be granted; STANDARD unless said otherwise
 * @param priority 1 background, 2 low, 3 normal, 4 high, 5 critical; any other number counts as normal. Each step doubles
 *     its share of the kernel's threads for tasks, and a program of low priority is given less of the processor
 * @param sandbox what it is granted now
 * @param mounts its file tree, beside the mounts that the kernel gives to every process
 * @param environment its environment variables
 */
public record ProcessSpec(
        String name,
        SandboxLevel level,
        int priority,
        Sandbox sandbox,
        List<Mount> mounts,
        Map<String, String> environment) {

    /** The longest name, in characters. */
    public static final int MAX_NAME_LENGTH = 255;

    public ProcessSpec {
        requireNonNull(level, "level");
        requireNonNull(sandbox, "sandbox");
        if (name.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "a process name has at most " + MAX_NAME_LENGTH + " characters, not " + name.length());
        }
        mounts = List.copyOf(mounts);
        environment = Map.copyOf(environment);
        environment.forEach(SystemSyscall.SetEnvVar::new); // which says what is wrong with one
    }

    /** Starts the description of a process that may do nothing. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** Collects what a process is granted. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private SandboxLevel level = SandboxLevel.STANDARD;
        private int priority;
        private Sandbox sandbox = Sandbox.NOTHING;
        private final List<Mount> mounts = new ArrayList<>();
        private final Map<String, String> environment = new LinkedHashMap<>();

        private Builder(String name) {
            this.name = requireNonNull(name, "name");
        }

        /** Sets what the process can ever be granted. Grants nothing by itself. */
        public Builder level(SandboxLevel ceiling) {
            this.level = requireNonNull(ceiling, "ceiling");
            return this;
        }

        public Builder priority(int value) {
            this.priority = value;
            return this;
        }

        /** Grants capabilities, beside those granted before. */
        public Builder grant(Capability... capabilities) {
            return grant(Set.of(capabilities));
        }

        /** Grants capabilities, beside those granted before. */
        public Builder grant(Set<Capability> capabilities) {
            sandbox = sandbox.withCapabilities(capabilities);
            return this;
        }

        /** Replaces what was granted before. */
        public Builder sandbox(Sandbox granted) {
            this.sandbox = requireNonNull(granted, "granted");
            return this;
        }

        /** Mounts a directory of the kernel's host. */
        public Builder mount(String virtualPath, Path hostDirectory, Access access) {
            return mount(new Mount.HostDirectory(virtualPath, hostDirectory, access));
        }

        public Builder mount(Mount mount) {
            mounts.add(requireNonNull(mount, "mount"));
            return this;
        }

        public Builder environment(String key, String value) {
            environment.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
            return this;
        }

        public ProcessSpec build() {
            return new ProcessSpec(name, level, priority, sandbox, mounts, environment);
        }
    }
}
