package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.ProcessSpec;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No path leads out of the mounts: every attempt fails alike, and what is outside stays as it is. */
public abstract class EscapeContract extends KernelContract {
    private HostTree tree;
    private HostTree outside;
    private HostTree sibling;
    private Map<String, String> outsideBefore;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
        outside = HostTree.at(host.resolve("O")).file("f", "secret").file("d/g", "secret");
        sibling = HostTree.at(host.resolve("ROOTX")).file("f", "secret");
        HostTree.at(host.resolve("R2")).file("f", "secret");
        outsideBefore = outside.snapshot();
    }

    @AfterEach
    final void nothingOutsideHasChanged() {
        assertThat(outside.snapshot()).isEqualTo(outsideBefore);
        assertThat(sibling.snapshot()).containsOnlyKeys("", "f");
    }

    private Guest guest(Layout layout) {
        return Guest.in(kernel, layout.mountPoint(), tree);
    }

    /** In a mount at {@code /w}, all that leaves it is denied; at {@code /} the same walks end in the mount. */
    private static ErrorCode code(Layout layout) {
        return layout == Layout.BELOW_ROOT ? PERMISSION_DENIED : NOT_FOUND;
    }

    /** Everything that a process can do with a path, apart from what ends at the link itself. */
    static Stream<Named<Operation>> operations() {
        return Stream.of(
                named("read", (guest, path) -> guest.read(path)),
                named("stream", (guest, path) -> guest.process().read(path).close()),
                named("write", (guest, path) -> guest.write(path, "changed")),
                named("create", (guest, path) -> guest.create(path)),
                named("delete", (guest, path) -> guest.delete(path)),
                named("mkdir", (guest, path) -> guest.makeDirectory(path)),
                named("rmdir", (guest, path) -> guest.removeDirectory(path)),
                named("list", (guest, path) -> guest.list(path)),
                named("stat", (guest, path) -> guest.stat(path)),
                named("exists", (guest, path) -> guest.exists(path)),
                named("chdir", (guest, path) -> guest.workIn(path)),
                named("truncate", (guest, path) -> guest.truncate(path, 1)),
                named("move from", (guest, path) -> guest.move(path, "/w/stolen")),
                named("move to", (guest, path) -> guest.move("/w/mine", path)),
                named("copy from", (guest, path) -> guest.copy(path, "/w/stolen")),
                named("copy to", (guest, path) -> guest.copy("/w/mine", path)));
    }

    /** One way to use a path. */
    interface Operation {
        void on(Guest guest, String path);
    }

    private static Named<Operation> named(String name, Operation operation) {
        return Named.of(name, operation);
    }

    @ParameterizedTest
    @MethodSource("operations")
    void noOperationLeavesTheMountByDots(Operation operation) {
        tree.file("mine", "mine").directory("a");
        Guest guest = guest(Layout.BELOW_ROOT);

        for (String path :
                new String[] {"/w/../t", "/w/a/../../R/mine", "/w/a/../../O", "/w/a/../../O/f", "/O/f", "/R"}) {
            assertFails(PERMISSION_DENIED, () -> operation.on(guest, path));
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void noOperationLeavesTheMountThroughALink(Operation operation) {
        tree.file("mine", "mine").link("l", "../O").link("d/up", "../../").link("root", "../");
        Guest guest = guest(Layout.BELOW_ROOT);

        for (String path : new String[] {"/w/l/f", "/w/l/missing", "/w/d/up/O/f", "/w/root/O/n", "/w/l/d/", "/w/l/."}) {
            assertFails(PERMISSION_DENIED, () -> operation.on(guest, path));
        }
    }

    @ParameterizedTest
    @MethodSource("operations")
    void anEscapeDoesNotTellWhatIsOutside(Operation operation) {
        tree.file("mine", "mine").link("l", "../O");
        Guest guest = guest(Layout.BELOW_ROOT);

        SyscallException existing = assertFails(PERMISSION_DENIED, () -> operation.on(guest, "/w/l/f"));
        SyscallException missing = assertFails(PERMISSION_DENIED, () -> operation.on(guest, "/w/l/x"));

        assertThat(missing.reason()).isEqualTo(existing.reason());
        assertThat(existing.getMessage()).doesNotContain(host.toString());
    }

    @ParameterizedTest
    @EnumSource
    void whatALinkPointsToOutsideIsNeitherReadNorWritten(Layout layout) {
        tree.link("f", "../O/f").link("dangling", "../O/new").link("up", "../").link("d/up", "../../");
        Guest guest = guest(layout);

        assertFails(code(layout), () -> guest.read(layout.path("f")));
        assertFails(code(layout), () -> guest.read(layout.path("up/O/f")));
        assertFails(code(layout), () -> guest.read(layout.path("d/up/O/f")));
        if (layout == Layout.BELOW_ROOT) {
            assertFails(PERMISSION_DENIED, () -> guest.write("/w/f", "x"));
            assertFails(PERMISSION_DENIED, () -> guest.write("/w/dangling", "x"));
            assertFails(PERMISSION_DENIED, () -> guest.truncate("/w/f", 0));
            assertFails(PERMISSION_DENIED, () -> guest.exists("/w/f"));
            assertFails(PERMISSION_DENIED, () -> guest.exists("/w/dangling"));
        } else {
            // There is no directory O beneath the root of the mount.
            assertFails(NOT_FOUND, () -> guest.write("/f", "x"));
            assertFails(NOT_FOUND, () -> guest.write("/dangling", "x"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAbsoluteLinkIsAVirtualPath(Layout layout) {
        tree.file("t", "inside")
                .link("out", outside.path("f").toString())
                .link("in", tree.path("t").toString())
                .link("passwd", "/proc/self/root/etc/passwd")
                .link("dir", "/etc");
        Guest guest = guest(layout);

        for (String name : new String[] {"out", "in", "passwd", "dir/passwd"}) {
            assertFails(code(layout), () -> guest.read(layout.path(name)));
        }
        assertFails(code(layout), () -> guest.list(layout.path("dir")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ROOTX", "R2"})
    void aSiblingWhoseNameBeginsLikeTheRootIsOutside(String name) {
        tree.link("l", "../" + name).link("f", "../" + name + "/f");
        Guest guest = guest(Layout.BELOW_ROOT);

        assertFails(PERMISSION_DENIED, () -> guest.read("/w/l/f"));
        assertFails(PERMISSION_DENIED, () -> guest.read("/w/f"));
        assertFails(PERMISSION_DENIED, () -> guest.list("/w/l"));
        assertFails(NOT_FOUND, () -> guest(Layout.AT_ROOT).read("/f"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"l", "l/", "l/.", "l/..", "l/d", "l/d/.."})
    void anEscapingLinkCannotBeUsedAsADirectory(String path) {
        tree.link("l", "../O");
        Guest guest = guest(Layout.BELOW_ROOT);

        assertFails(PERMISSION_DENIED, () -> guest.list("/w/" + path));
        assertFails(PERMISSION_DENIED, () -> guest.stat("/w/" + path));
        assertFails(PERMISSION_DENIED, () -> guest.exists("/w/" + path));
        assertFails(PERMISSION_DENIED, () -> guest.workIn("/w/" + path));
        assertFails(PERMISSION_DENIED, () -> guest.read("/w/" + path));
    }

    @Test
    void namesAreNeitherAddedNorTakenThroughAnEscapingLink() {
        tree.link("l", "../O").file("a", "a").directory("dir");
        Guest guest = guest(Layout.BELOW_ROOT);

        assertFails(PERMISSION_DENIED, () -> guest.makeDirectory("/w/l/n"));
        assertFails(PERMISSION_DENIED, () -> guest.delete("/w/l/f"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/a", "/w/l/x"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/a", "/w/l/f"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/dir", "/w/l/x"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/l/f", "/w/x"));
        assertFails(PERMISSION_DENIED, () -> guest.create("/w/l/n"));
        assertThat(tree.snapshot()).containsOnlyKeys("", "a", "dir", "l");
    }

    @Test
    void anEscapingLinkItselfBelongsToTheMount() {
        tree.link("l", "../O").link("l2", "../O/f").file("a", "a");
        Guest guest = guest(Layout.BELOW_ROOT);

        assertThat(guest.list("/w")).containsExactly("a", "l", "l2");
        assertFails(ALREADY_EXISTS, () -> guest.makeDirectory("/w/l"));
        assertFails(ALREADY_EXISTS, () -> guest.create("/w/l2"));
        guest.move("/w/l", "/w/moved");
        assertThat(tree.isLink("moved")).isTrue();
        guest.move("/w/a", "/w/l2");
        assertThat(tree.read("l2")).isEqualTo("a");
        guest.delete("/w/moved");
        assertThat(tree.snapshot()).containsOnlyKeys("", "l2");
    }

    @Test
    void noMountMeansNoFile() {
        Guest guest = Guest.with(kernel, ProcessSpec.named("bare"));
        Consumer<String> denied = path -> {
            assertFails(PERMISSION_DENIED, () -> guest.read(path));
            assertFails(PERMISSION_DENIED, () -> guest.write(path, ""));
            assertFails(PERMISSION_DENIED, () -> guest.exists(path));
            assertFails(PERMISSION_DENIED, () -> guest.makeDirectory(path));
            assertFails(PERMISSION_DENIED, () -> guest.list(path));
        };

        denied.accept("/etc/passwd");
        denied.accept("x");
        denied.accept("../../etc");
        assertThat(guest.list("/")).isEmpty();
        assertThat(guest.stat("/").isDirectory()).isTrue();
        assertThat(guest.process().info().mounts()).isEmpty();
    }
}
