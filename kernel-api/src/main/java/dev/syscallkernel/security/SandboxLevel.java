package dev.syscallkernel.security;

import static dev.syscallkernel.security.Capability.CREATE_FILE;
import static dev.syscallkernel.security.Capability.DELETE_FILE;
import static dev.syscallkernel.security.Capability.LIST_DIRECTORY;
import static dev.syscallkernel.security.Capability.READ_FILE;
import static dev.syscallkernel.security.Capability.SYSTEM_INFO;
import static dev.syscallkernel.security.Capability.TIME_ACCESS;
import static dev.syscallkernel.security.Capability.WRITE_FILE;

import java.util.Set;

/** The capabilities that a process can be granted at most. Each level includes the one before. */
public enum SandboxLevel {
    /** Nothing but time. */
    MINIMAL(Set.of(TIME_ACCESS)),
    /** Files, directories, system information and time. */
    STANDARD(Set.of(TIME_ACCESS, SYSTEM_INFO, READ_FILE, WRITE_FILE, CREATE_FILE, DELETE_FILE, LIST_DIRECTORY)),
    /** Everything: also programs, the network and messages. */
    PRIVILEGED(Set.of(Capability.values()));

    private final Set<Capability> capabilities;

    SandboxLevel(Set<Capability> capabilities) {
        this.capabilities = capabilities;
    }

    /** All that can be granted at this level. */
    public Set<Capability> capabilities() {
        return capabilities;
    }
}
