package dev.syscallkernel.local.security;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.security.SandboxLevel;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** Checks that nobody is granted more than the level allows, and that path rules say what they seem to say. */
public final class SandboxRules {
    private final SandboxLevel ceiling;

    /** @param ceiling the highest level that the operator of the kernel allows */
    public SandboxRules(SandboxLevel ceiling) {
        this.ceiling = ceiling;
    }

    /** Fails unless such a process may be created. */
    public void check(ProcessSpec spec) {
        if (spec.level().compareTo(ceiling) > 0) {
            throw new SyscallException(
                    ErrorCode.PERMISSION_DENIED,
                    "create_process",
                    spec.name(),
                    "the level " + spec.level() + " is above this kernel's ceiling, " + ceiling);
        }
        check(spec.sandbox(), spec, "create_process");
    }

    /** Fails unless the process may have such a sandbox. */
    public void check(Sandbox sandbox, ProcessSpec spec, String operation) {
        TreeSet<Capability> beyond = new TreeSet<>(Comparator.naturalOrder());
        beyond.addAll(sandbox.capabilities());
        beyond.removeAll(spec.level().capabilities());
        if (!beyond.isEmpty()) {
            throw new SyscallException(
                    ErrorCode.PERMISSION_DENIED,
                    operation,
                    spec.name(),
                    "the level " + spec.level() + " cannot hold " + beyond);
        }
        checkPaths(sandbox.allowedPaths(), spec, operation);
        checkPaths(sandbox.blockedPaths(), spec, operation);
    }

    private static void checkPaths(List<String> paths, ProcessSpec spec, String operation) {
        for (String path : paths) {
            try {
                // A rule has the form of a mount's path: absolute, and nothing in it to be resolved.
                new Mount.Scratch(path);
            } catch (IllegalArgumentException malformed) {
                throw new SyscallException(
                        ErrorCode.INVALID_ARGUMENT,
                        operation,
                        spec.name(),
                        "a path rule needs an absolute virtual path without empty, . or .. components: '" + path + "'",
                        malformed);
            }
        }
    }
}
