package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_EMPTY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static dev.syscallkernel.ErrorCode.READ_ONLY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessSpec;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a process sees of its mounts. */
public abstract class MountContract extends KernelContract {
    private HostTree outer;
    private HostTree inner;

    @BeforeEach
    final void prepare() {
        outer = HostTree.at(host.resolve("outer"));
        inner = HostTree.at(host.resolve("inner"));
    }

    private Guest guest(String outerPath, String innerPath) {
        return Guest.with(
                kernel,
                ProcessSpec.named("guest")
                        .mount(outerPath, outer.root(), Access.READ_WRITE)
                        .mount(innerPath, inner.root(), Access.READ_WRITE));
    }

    @Test
    void theLongestMountWinsAndHidesWhatIsBehindIt() {
        outer.file("a/b/hidden", "outer").file("a/seen", "outer");
        inner.file("f", "inner");
        Guest guest = guest("/", "/a/b");

        assertThat(guest.list("/a/b")).containsExactly("f");
        assertThat(guest.read("/a/b/f")).isEqualTo("inner");
        assertThat(guest.read("/a/seen")).isEqualTo("outer");
        assertFails(NOT_FOUND, () -> guest.read("/a/b/hidden"));
        guest.write("/a/b/new", "n");
        assertThat(inner.read("new")).isEqualTo("n");
        assertThat(guest.process().info().mounts())
                .containsExactly(
                        new ProcessInfo.MountPoint("/", Access.READ_WRITE),
                        new ProcessInfo.MountPoint("/a/b", Access.READ_WRITE));
    }

    @Test
    void mountPointsAreListedAmongTheOtherEntries() {
        outer.file("z", "").file("b", "hidden by the mount").directory("a");
        inner.directory("inside");
        Guest guest = guest("/", "/b");

        assertThat(guest.list("/")).containsExactly("a", "b", "z");
        assertThat(guest.stat("/b").isDirectory()).isTrue();
        assertThat(guest.stat("/b").path()).isEqualTo("/b");
        assertThat(guest.entries("/").get(1).stat().kind()).isEqualTo(FileKind.DIRECTORY);
    }

    @Test
    void aMountPointThatTheOuterMountLacksIsThereAllTheSame() {
        outer.file("z", "z").file("file", "f");
        inner.file("f", "inner");
        Guest guest = guest("/", "/deep/er/point");
        Guest overFile = guest("/", "/file/point");

        assertThat(guest.list("/")).containsExactly("deep", "file", "z");
        assertThat(guest.list("/deep")).containsExactly("er");
        assertThat(guest.read("/deep/er/point/f")).isEqualTo("inner");
        assertThat(guest.read("/deep/er/point/../../../z")).isEqualTo("z");
        assertFails(PERMISSION_DENIED, () -> guest.makeDirectory("/deep/new"));
        assertThat(outer.snapshot()).containsOnlyKeys("", "file", "z");
        assertThat(overFile.read("/file/point/f")).isEqualTo("inner");
        assertFails(IS_A_DIRECTORY, () -> overFile.read("/file"));
    }

    @Test
    void directoriesAboveMountPointsAreVirtual() {
        inner.file("f", "f");
        Guest guest = guest("/x/y", "/x/z/m");

        assertThat(guest.list("/")).containsExactly("x");
        assertThat(guest.list("/x")).containsExactly("y", "z");
        assertThat(guest.list("/x/z")).containsExactly("m");
        assertThat(guest.exists("/x/z")).isTrue();
        assertThat(guest.stat("/x").kind()).isEqualTo(FileKind.DIRECTORY);
        assertThat(guest.stat("/x").name()).isEqualTo("x");
        guest.workIn("/x");
        assertThat(guest.read("z/m/f")).isEqualTo("f");
        assertThat(guest.list("y/..")).containsExactly("y", "z");
    }

    @Test
    void virtualDirectoriesCannotBeChanged() {
        inner.file("f", "f");
        Guest guest = guest("/x/y", "/x/z/m");

        assertFails(PERMISSION_DENIED, () -> guest.makeDirectory("/new"));
        assertFails(PERMISSION_DENIED, () -> guest.makeDirectory("/x/new"));
        assertFails(PERMISSION_DENIED, () -> guest.create("/x/new"));
        assertFails(PERMISSION_DENIED, () -> guest.write("/x/new", ""));
        assertFails(PERMISSION_DENIED, () -> guest.removeDirectory("/x"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/x", "/x/y/stolen"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/x/z/m/f", "/x/new"));
        assertFails(ALREADY_EXISTS, () -> guest.makeDirectory("/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.delete("/x"));
        assertFails(IS_A_DIRECTORY, () -> guest.read("/x"));
        assertFails(PERMISSION_DENIED, () -> guest.exists("/x/other"));
    }

    @Test
    void aMountPointStaysWhereItIs() {
        outer.directory("d");
        Guest guest = guest("/", "/d/m");

        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/d/m"));
        assertFails(INVALID_ARGUMENT, () -> guest.removeDirectory("/"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d/m", "/elsewhere"));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/d", "/elsewhere"));
        assertFails(NOT_EMPTY, () -> guest.removeDirectory("/d"));
        assertFails(ALREADY_EXISTS, () -> guest.makeDirectory("/d/m"));
        assertFails(IS_A_DIRECTORY, () -> guest.delete("/d/m"));
        assertFails(IS_A_DIRECTORY, () -> guest.write("/d/m", ""));
        guest.makeDirectory("/other");
        assertFails(INVALID_ARGUMENT, () -> guest.move("/other", "/d/m"));
        assertFails(NOT_EMPTY, () -> guest.move("/other", "/d"));
    }

    @Test
    void linksCrossMounts() {
        outer.link("toInner", "inner/f").link("absolute", "/inner/f");
        inner.file("f", "inner").link("back", "../o");
        outer.file("o", "outer");
        Guest guest = guest("/", "/inner");

        assertThat(guest.read("/toInner")).isEqualTo("inner");
        assertThat(guest.read("/absolute")).isEqualTo("inner");
        assertThat(guest.read("/inner/back")).isEqualTo("outer");
        guest.write("/toInner", "changed");
        assertThat(inner.read("f")).isEqualTo("changed");
    }

    @Test
    void movingAcrossMountsTakesEverythingAlong() {
        outer.file("d/e/f", "deep")
                .file("d/g", "g")
                .link("d/l", "e/f")
                .file("one", "1")
                .link("link", "one");
        Guest guest = guest("/a", "/b");

        guest.move("/a/d", "/b/d2");
        guest.move("/a/link", "/b/link");
        guest.move("/a/one", "/b/one");

        assertThat(outer.snapshot()).containsOnlyKeys("");
        assertThat(inner.snapshot())
                .isEqualTo(Map.of(
                        "",
                        "directory",
                        "d2",
                        "directory",
                        "d2/e",
                        "directory",
                        "d2/e/f",
                        "file with deep",
                        "d2/g",
                        "file with g",
                        "d2/l",
                        "link to e/f",
                        "link",
                        "link to one",
                        "one",
                        "file with 1"));
    }

    @Test
    void movingAcrossMountsFollowsTheRulesOfMoving() {
        outer.file("f", "f").directory("d");
        inner.file("f", "old").directory("full/x").directory("empty");
        Guest guest = guest("/a", "/b");

        assertFails(IS_A_DIRECTORY, () -> guest.move("/a/f", "/b/empty"));
        assertFails(NOT_EMPTY, () -> guest.move("/a/d", "/b/full"));
        guest.move("/a/d", "/b/empty");
        guest.move("/a/f", "/b/f");
        assertThat(inner.read("f")).isEqualTo("f");
        assertThat(outer.snapshot()).containsOnlyKeys("");
    }

    @Test
    void aReadOnlyMountCanOnlyBeRead() {
        outer.file("f", "f").directory("d").link("l", "f").link("dangling", "new");
        Map<String, String> before = outer.snapshot();
        Guest guest = Guest.with(
                kernel,
                ProcessSpec.named("guest")
                        .mount("/ro", outer.root(), Access.READ_ONLY)
                        .mount("/rw", inner.root(), Access.READ_WRITE));
        guest.write("/rw/mine", "mine");

        assertFails(READ_ONLY, () -> guest.write("/ro/f", "x"));
        assertFails(READ_ONLY, () -> guest.write("/ro/l", "x"));
        assertFails(READ_ONLY, () -> guest.write("/ro/new", "x"));
        assertFails(READ_ONLY, () -> guest.write("/ro/dangling", "x"));
        assertFails(READ_ONLY, () -> guest.create("/ro/new"));
        assertFails(READ_ONLY, () -> guest.create("/ro/f"));
        assertFails(READ_ONLY, () -> guest.delete("/ro/f"));
        assertFails(READ_ONLY, () -> guest.delete("/ro/missing"));
        assertFails(READ_ONLY, () -> guest.makeDirectory("/ro/new"));
        assertFails(READ_ONLY, () -> guest.makeDirectory("/ro/d"));
        assertFails(READ_ONLY, () -> guest.removeDirectory("/ro/d"));
        assertFails(READ_ONLY, () -> guest.truncate("/ro/f", 0));
        assertFails(READ_ONLY, () -> guest.move("/ro/f", "/ro/g"));
        assertFails(READ_ONLY, () -> guest.move("/ro/f", "/rw/g"));
        assertFails(READ_ONLY, () -> guest.move("/rw/mine", "/ro/mine"));
        assertFails(READ_ONLY, () -> guest.copy("/rw/mine", "/ro/mine"));
        assertFails(READ_ONLY, () -> guest.copy("/rw/mine", "/ro/f"));

        assertThat(outer.snapshot()).isEqualTo(before);
        assertThat(guest.read("/ro/l")).isEqualTo("f");
        assertThat(guest.list("/ro")).containsExactly("d", "dangling", "f", "l");
        guest.copy("/ro/f", "/rw/copy");
        assertThat(inner.read("copy")).isEqualTo("f");
    }

    @Test
    void aLinkIntoAReadOnlyMountIsNoWayAroundIt() {
        outer.file("f", "f");
        inner.link("l", "../ro/f");
        Guest guest = Guest.with(
                kernel,
                ProcessSpec.named("guest")
                        .mount("/ro", outer.root(), Access.READ_ONLY)
                        .mount("/rw", inner.root(), Access.READ_WRITE));

        assertFails(READ_ONLY, () -> guest.write("/rw/l", "x"));
        assertThat(guest.read("/rw/l")).isEqualTo("f");
    }

    @Test
    void aScratchMountIsPrivateAndGoneWithItsProcess() {
        ProcessSpec.Builder spec = ProcessSpec.named("guest").mount(new Mount.Scratch("/scratch"));
        Guest one = Guest.with(kernel, spec);
        Guest other = Guest.with(kernel, spec);

        one.write("/scratch/f", "mine");
        one.makeDirectory("/scratch/d");
        one.write("/scratch/d/g", "mine");

        assertThat(one.list("/scratch")).containsExactly("d", "f");
        assertThat(other.list("/scratch")).isEmpty();
        assertThat(one.process().info().mounts())
                .containsExactly(new ProcessInfo.MountPoint("/scratch", Access.READ_WRITE));
        one.process().terminate();
        assertThat(Guest.with(kernel, spec).list("/scratch")).isEmpty();
    }

    @Test
    void whatCannotBeMountedPreventsTheProcess() {
        outer.file("file", "");

        assertCreationFails(new Mount.HostDirectory("/w", outer.path("missing"), Access.READ_WRITE));
        assertCreationFails(new Mount.HostDirectory("/w", outer.path("file"), Access.READ_WRITE));
        SyscallException duplicate = assertFails(INVALID_ARGUMENT, () -> guest("/w", "/w"));
        assertThat(duplicate.subject()).isEqualTo("/w");
        assertThat(kernel.processes()).isEmpty();
    }

    private void assertCreationFails(Mount mount) {
        SyscallException failure = assertFails(
                INVALID_ARGUMENT,
                () -> Guest.with(kernel, ProcessSpec.named("guest").mount(mount)));
        assertThat(failure.syscall()).isEqualTo("create_process");
        assertThat(failure.getMessage()).doesNotContain(host.toString());
    }
}
