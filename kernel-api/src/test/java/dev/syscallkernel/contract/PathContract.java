package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.ALREADY_EXISTS;
import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.IS_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NAME_TOO_LONG;
import static dev.syscallkernel.ErrorCode.NOT_A_DIRECTORY;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.TOO_MANY_LINKS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How virtual paths are resolved. */
public abstract class PathContract extends KernelContract {
    private HostTree tree;

    @BeforeEach
    final void prepare() {
        tree = HostTree.at(host.resolve("R"));
    }

    private Guest guest(Layout layout) {
        return Guest.in(kernel, layout.mountPoint(), tree);
    }

    private Guest guest() {
        return guest(Layout.AT_ROOT);
    }

    @ParameterizedTest
    @EnumSource
    void linksLeadToTheirTargets(Layout layout) {
        tree.file("t", "top").file("d/t", "deep").link("l", "t").link("dl", "d/");
        Guest guest = guest(layout);

        assertThat(guest.read(layout.path("l"))).isEqualTo("top");
        assertThat(guest.read(layout.path("dl/t"))).isEqualTo("deep");
        assertThat(guest.list(layout.path("dl"))).containsExactly("t");
        assertThat(guest.list(layout.path("dl/"))).containsExactly("t");
    }

    @ParameterizedTest
    @EnumSource
    void aLinkToTheParentOfItsDirectoryLeadsThere(Layout layout) {
        tree.directory("d").link("d/d", "..");

        guest(layout).makeDirectory(layout.path("d/d/n"));

        assertThat(tree.has("n")).isTrue();
        assertThat(tree.has("d/n")).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void theParentOfALinkedDirectoryIsItsRealOne(Layout layout) {
        tree.file("b/t", "b").file("b/c/t", "c").link("a", "b/c");
        Guest guest = guest(layout);

        assertThat(guest.read(layout.path("a/../t"))).isEqualTo("b");
        assertThat(guest.read(layout.path("b/../a/t"))).isEqualTo("c");
    }

    @ParameterizedTest
    @EnumSource
    void linksInLinksAreFollowedOneByOne(Layout layout) {
        tree.file("g/c/t", "found")
                .link("l", "a/b/c/t")
                .link("a/b", "e")
                .link("a/e", "../f")
                .link("f", "g/h/i")
                .link("g/h/i", "..");

        assertThat(guest(layout).read(layout.path("l"))).isEqualTo("found");
        assertThat(guest(layout).stat(layout.path("l")).path()).isEqualTo(layout.path("g/c/t"));
    }

    @Test
    void anAbsoluteLinkStartsAtTheVirtualRoot() {
        tree.file("d/t", "t").link("l", "/d/t");
        assertThat(guest().read("/l")).isEqualTo("t");

        tree.link("toMount", "/w/d/t");
        assertThat(guest(Layout.BELOW_ROOT).read("/w/toMount")).isEqualTo("t");
    }

    @ParameterizedTest
    @EnumSource
    void dotsAndEmptyComponentsVanish(Layout layout) {
        tree.file("a/b/t", "t").directory("x");
        Guest guest = guest(layout);

        assertThat(guest.read(layout.path("./a//./b/t"))).isEqualTo("t");
        assertThat(guest.read("//" + layout.path("a/b/../b/t"))).isEqualTo("t");
        assertThat(guest.read(layout.path("x/../".repeat(100) + "a/b/t"))).isEqualTo("t");
        assertThat(guest.list(layout.path("a/b/."))).containsExactly("t");
        assertThat(guest.list(layout.path("a/b/.."))).containsExactly("b");
        assertThat(guest.stat(layout.path("a/b/..")).path()).isEqualTo(layout.path("a"));
    }

    @ParameterizedTest
    @EnumSource
    void theParentOfTheRootIsTheRoot(Layout layout) {
        tree.file("t", "t");
        Guest guest = guest(layout);

        assertThat(guest.read("/../.." + layout.path("t"))).isEqualTo("t");
        assertThat(guest.stat("/..").path()).isEqualTo("/");
        assertThat(guest.stat("/..").name()).isEmpty();
    }

    @Test
    void atTheRootEverythingAboveIsClamped() {
        tree.file("t", "t").directory("a");
        HostTree.at(host.resolve("O")).file("f", "outside");

        assertThat(guest().read("/a/../../../t")).isEqualTo("t");
        assertFails(NOT_FOUND, () -> guest().read("/a/../../O/f"));
        assertThat(guest().list("/a/../..")).containsExactly("a", "t");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "back\\slash",
                "~",
                "...",
                "%2e%2e",
                "new\nline",
                "tab\tand space ",
                "-rf",
                "*",
                "größe",
                "日本語",
                "𝒸𝓁𝑒𝒻",
                "e\u0301 is not é"
            })
    void unusualNamesAreLiteral(String name) {
        tree.file(name, "content of the host");
        Guest guest = guest();

        assertThat(guest.list("/")).containsExactly(name);
        assertThat(guest.read("/" + name)).isEqualTo("content of the host");
        guest.write("/" + name, "new");
        assertThat(tree.read(name)).isEqualTo("new");
        guest.delete("/" + name);
        assertThat(tree.snapshot()).hasSize(1);
    }

    @Test
    void aNameMayHave255BytesAndNoMore() {
        String longest = "ü".repeat(127) + "x";
        Guest guest = guest();

        guest.write("/" + longest, "fits");

        assertThat(tree.read(longest)).isEqualTo("fits");
        assertFails(NAME_TOO_LONG, () -> guest.read("/" + longest + "x"));
        assertFails(NAME_TOO_LONG, () -> guest.write("/" + "x".repeat(256), ""));
        assertFails(NAME_TOO_LONG, () -> guest.exists("/" + "ü".repeat(128)));
    }

    @Test
    void aPathMayHave256ComponentsAndNoMore() {
        tree.directory("x").file("t", "t");
        Guest guest = guest();

        assertThat(guest.read("/" + "x/../".repeat(127) + "t")).isEqualTo("t");
        assertFails(NAME_TOO_LONG, () -> guest.read("/" + "x/../".repeat(128) + "t"));
        assertFails(NAME_TOO_LONG, () -> guest.read("/" + "../".repeat(1000) + "t"));
        assertFails(NAME_TOO_LONG, () -> guest.exists("/" + "x/".repeat(257)));
        assertThat(guest.exists("/" + "./".repeat(2000) + "t")).isTrue();
    }

    @Test
    void fortyLinksAreFollowedAndNoMore() {
        tree.file("l0", "end").directory("d");
        for (int i = 1; i <= 41; i++) {
            tree.link("l" + i, "l" + (i - 1));
        }
        tree.link("self", "self").link("ping", "pong").link("pong", "ping").link("d/up", "../d/up");
        Guest guest = guest();

        assertThat(guest.read("/l40")).isEqualTo("end");
        assertFails(TOO_MANY_LINKS, () -> guest.read("/l41"));
        assertFails(TOO_MANY_LINKS, () -> guest.read("/self"));
        assertFails(TOO_MANY_LINKS, () -> guest.write("/ping", ""));
        assertFails(TOO_MANY_LINKS, () -> guest.list("/d/up/x"));
    }

    @Test
    void linksThatMultiplyComponentsComeToAnEnd() {
        tree.directory("d").link("a", "d/../d/..").link("b", "a/".repeat(30)).link("c", "b/".repeat(30));
        tree.link("long", "d/../".repeat(100)).link("longer", "long/".repeat(30));

        assertThat(guest().exists("/a")).isTrue();
        assertThat(guest().exists("/b")).isTrue();
        assertFails(TOO_MANY_LINKS, () -> guest().exists("/c"));
        assertThat(guest().exists("/long")).isTrue();
        assertFails(NAME_TOO_LONG, () -> guest().exists("/longer"));
    }

    @Test
    void theEmptyPathLeadsNowhere() {
        Guest guest = guest();

        assertFails(NOT_FOUND, () -> guest.read(""));
        assertFails(NOT_FOUND, () -> guest.write("", ""));
        assertFails(NOT_FOUND, () -> guest.list(""));
        assertFails(NOT_FOUND, () -> guest.makeDirectory(""));
        assertFails(NOT_FOUND, () -> guest.move("", "/x"));
        assertFails(NOT_FOUND, () -> guest.move("/x", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file/", "file/.", "file/..", "file/../file", "file/x", "file//", "l/", "l/x", "l/../file"})
    void aFileIsNoDirectory(String path) {
        tree.file("file", "").link("l", "file");
        Guest guest = guest();

        assertFails(NOT_A_DIRECTORY, () -> guest.read("/" + path));
        assertFails(NOT_A_DIRECTORY, () -> guest.list("/" + path));
        assertFails(NOT_A_DIRECTORY, () -> guest.stat("/" + path));
        assertThat(guest.exists("/" + path)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing/../t", "bad/../t", "missing/t", "bad/t", "missing", "bad", "missing/", "bad/"})
    void whatIsMissingLeadsNowhere(String path) {
        tree.file("t", "").link("bad", "nothing");
        Guest guest = guest();

        assertFails(NOT_FOUND, () -> guest.read("/" + path));
        assertFails(NOT_FOUND, () -> guest.stat("/" + path));
        assertFails(NOT_FOUND, () -> guest.list("/" + path));
        assertThat(guest.exists("/" + path)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "d/.", "d/..", "new/", "d/", "/", "new/."})
    void aFileCannotHaveTheNameOfADirectory(String path) {
        tree.directory("d");
        Guest guest = guest();
        guest.workIn("/");

        assertFails(IS_A_DIRECTORY, () -> guest.create(path));
        assertFails(IS_A_DIRECTORY, () -> guest.write(path, ""));
        assertThat(tree.snapshot()).containsOnlyKeys("", "d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a\0b", "\0", "/d/\0/x"})
    void nulIsRefused(String path) {
        tree.directory("d");
        Guest guest = guest();

        assertFails(INVALID_ARGUMENT, () -> guest.read(path));
        assertFails(INVALID_ARGUMENT, () -> guest.write(path, ""));
        assertFails(INVALID_ARGUMENT, () -> guest.exists(path));
    }

    @Test
    void relativePathsStartAtTheWorkingDirectory() {
        tree.file("d/e/t", "t").link("d/l", "e");
        Guest guest = guest(Layout.BELOW_ROOT);
        assertThat(guest.workingDirectory()).isEqualTo("/");
        assertThat(guest.read("w/d/e/t")).isEqualTo("t");

        guest.workIn("/w/d/l/");

        assertThat(guest.workingDirectory()).isEqualTo("/w/d/e");
        assertThat(guest.read("t")).isEqualTo("t");
        assertThat(guest.read("../l/t")).isEqualTo("t");
        assertThat(guest.list(".")).containsExactly("t");
        assertThat(guest.stat(".").path()).isEqualTo("/w/d/e");
        guest.workIn("..");
        assertThat(guest.workingDirectory()).isEqualTo("/w/d");
        guest.write("new", "n");
        assertThat(tree.read("d/new")).isEqualTo("n");
        assertThat(guest.process().info().workingDirectory()).isEqualTo("/w/d");
    }

    @Test
    void onlyADirectoryCanBeWorkedIn() {
        tree.file("f", "").link("bad", "nothing");
        Guest guest = guest();

        assertFails(NOT_A_DIRECTORY, () -> guest.workIn("/f"));
        assertFails(NOT_FOUND, () -> guest.workIn("/missing"));
        assertFails(NOT_FOUND, () -> guest.workIn("/bad"));
        assertThat(guest.workingDirectory()).isEqualTo("/");
    }

    @Test
    void aWorkingDirectoryThatWasRemovedIsMissing() {
        tree.directory("d");
        Guest guest = guest();
        guest.workIn("/d");

        guest.removeDirectory("/d");

        assertFails(NOT_FOUND, () -> guest.list("."));
        assertFails(NOT_FOUND, () -> guest.write("f", ""));
        guest.workIn("/");
    }

    @Test
    void aTreeOf10000NestedDirectoriesIsWalkedOnlySoFar() {
        HostTree.requirePerl();
        tree.shell("perl -e 'for (1..10000) { mkdir \"d\"; chdir \"d\" or die }'");
        Guest guest = guest();

        assertFails(NAME_TOO_LONG, () -> guest.exists("/" + "d/".repeat(10_000)));
        guest.workIn("/" + "d/".repeat(200));
        assertFails(NAME_TOO_LONG, () -> guest.workIn("d/".repeat(200)));
        guest.workIn("d/".repeat(56));
        assertFails(NAME_TOO_LONG, () -> guest.workIn("d"));
        assertThat(guest.list(".")).containsExactly("d");
        assertThat(guest.workingDirectory()).isEqualTo("/d".repeat(256));
        assertFails(ALREADY_EXISTS, () -> guest.makeDirectory("/d"));

        tree.shell(
                "perl -e 'for (1..10000) { chdir \"d\" or die } for (1..10000) { chdir \"..\"; rmdir \"d\" or die }'");
    }
}
