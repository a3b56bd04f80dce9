package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which capabilities each operation on files needs. */
public abstract class FileCapabilityContract extends KernelContract {
    private HostTree tree;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
    }

    /** What needs which capability. */
    enum Need {
        READ(Set.of(Capability.READ_FILE), guest -> guest.read("/f")),
        STREAM(Set.of(Capability.READ_FILE), guest -> guest.process().read("/f").close()),
        EXISTS(Set.of(Capability.READ_FILE), guest -> guest.exists("/f")),
        STAT(Set.of(Capability.READ_FILE), guest -> guest.stat("/f")),
        REPLACE(Set.of(Capability.WRITE_FILE), guest -> guest.write("/f", "new")),
        WRITE_NEW(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.write("/new", "new")),
        WRITE_NEW_BY_LINK(
                Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.write("/dangling", "new")),
        TRUNCATE(Set.of(Capability.WRITE_FILE), guest -> guest.truncate("/f", 0)),
        CREATE(Set.of(Capability.CREATE_FILE), guest -> guest.create("/new")),
        MAKE_DIRECTORY(Set.of(Capability.CREATE_FILE), guest -> guest.makeDirectory("/new")),
        DELETE(Set.of(Capability.DELETE_FILE), guest -> guest.delete("/f")),
        REMOVE_DIRECTORY(Set.of(Capability.DELETE_FILE), guest -> guest.removeDirectory("/d")),
        LIST(Set.of(Capability.LIST_DIRECTORY), guest -> guest.list("/")),
        WORK_IN(Set.of(Capability.LIST_DIRECTORY), guest -> guest.workIn("/d")),
        MOVE(Set.of(Capability.WRITE_FILE, Capability.CREATE_FILE), guest -> guest.move("/f", "/new")),
        COPY(
                Set.of(Capability.READ_FILE, Capability.WRITE_FILE, Capability.CREATE_FILE),
                guest -> guest.copy("/f", "/new"));

        private final Set<Capability> needed;
        private final Consumer<Guest> use;

        Need(Set<Capability> needed, Consumer<Guest> use) {
            this.needed = needed;
            this.use = use;
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationNeedsItsCapabilitiesAndNoOthers(Need need) {
        tree.file("f", "f").directory("d").link("dangling", "target");
        Map<String, String> before = tree.snapshot();

        for (Capability missing : need.needed) {
            Set<Capability> others = EnumSet.copyOf(Guest.FILES);
            others.remove(missing);
            SyscallException failure = assertFails(PERMISSION_DENIED, () -> need.use.accept(holding(others)));
            assertThat(failure.capability()).contains(missing);
        }
        assertThat(tree.snapshot()).isEqualTo(before);

        need.use.accept(holding(need.needed));
    }

    private Guest holding(Set<Capability> capabilities) {
        return new Guest(kernel.createProcess(ProcessSpec.named("guest")
                .mount("/", tree.root(), Access.READ_WRITE)
                .sandbox(Sandbox.NOTHING.withCapabilities(capabilities))
                .build()));
    }
}
