package dev.syscallkernel.contract;

import static dev.syscallkernel.ErrorCode.INVALID_ARGUMENT;
import static dev.syscallkernel.ErrorCode.NOT_FOUND;
import static dev.syscallkernel.ErrorCode.PERMISSION_DENIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Sandbox;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the rules on paths allow inside of a mount, and which names are the kernel's own. */
public abstract class PathRuleContract extends KernelContract {
    private HostTree outer;

    @BeforeEach
    final void prepare() {
        outer = HostTree.at(host.resolve("outer"));
    }

    @Test
    void blockedPathsCannotBeReachedByAnyName() {
        outer.file("open/f", "f")
                .file("closed/f", "secret")
                .link("open/l", "../closed/f")
                .link("way", "closed");
        Guest guest = ruled(Guest.SANDBOX.withBlockedPaths("/w/closed"));

        for (String path :
                new String[] {"/w/closed/f", "/w/open/l", "/w/way/f", "/w/open/../closed/f", "/w/closed/missing"}) {
            assertFails(PERMISSION_DENIED, () -> guest.read(path));
            assertFails(PERMISSION_DENIED, () -> guest.exists(path));
            assertFails(PERMISSION_DENIED, () -> guest.stat(path));
            assertFails(PERMISSION_DENIED, () -> guest.write(path, "x"));
            assertFails(PERMISSION_DENIED, () -> guest.copy(path, "/w/open/stolen"));
            assertFails(PERMISSION_DENIED, () -> guest.copy("/w/open/f", path));
        }
        assertFails(PERMISSION_DENIED, () -> guest.list("/w/closed"));
        assertFails(PERMISSION_DENIED, () -> guest.workIn("/w/way"));
        assertThat(guest.read("/w/open/f")).isEqualTo("f");
        assertThat(outer.read("closed/f")).isEqualTo("secret");
    }

    @Test
    void aBlockedPathCannotBeMovedAwayOrReplaced() {
        outer.file("d/closed/f", "secret").file("mine/closed/f", "forged").directory("e");
        Guest guest = ruled(Guest.SANDBOX.withBlockedPaths("/w/d/closed", "/w/e/closed"));

        assertFails(PERMISSION_DENIED, () -> guest.move("/w/d", "/w/opened"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/d/closed", "/w/opened"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/mine/closed", "/w/d/closed"));
        assertFails(PERMISSION_DENIED, () -> guest.move("/w/mine", "/w/e"));
        assertFails(PERMISSION_DENIED, () -> guest.removeDirectory("/w/d/closed"));
        assertThat(outer.read("d/closed/f")).isEqualTo("secret");
        assertThat(outer.has("e/closed")).isFalse();
    }

    @Test
    void onlyAllowedPathsCanBeUsed() {
        outer.file("open/f", "f").file("closed/f", "secret").link("l", "open/f").link("open/out", "../closed/f");
        Guest guest = ruled(Guest.SANDBOX.withAllowedPaths("/w/open", "/w/missing"));

        assertThat(guest.read("/w/open/f")).isEqualTo("f");
        assertThat(guest.list("/w/open")).containsExactly("f", "out");
        assertThat(guest.exists("/w/missing/x")).isFalse();
        guest.makeDirectory("/w/missing");
        for (String path :
                new String[] {"/w/closed/f", "/w/closed/x", "/w/closed/x/y", "/w/open/out", "/w/openx", "/w/l", "/w"}) {
            assertFails(PERMISSION_DENIED, () -> guest.read(path));
            assertFails(PERMISSION_DENIED, () -> guest.exists(path));
            assertFails(PERMISSION_DENIED, () -> guest.list(path));
        }
    }

    @Test
    void nothingIsLearnedOfWhatIsThereWhereTheAllowedPathsDoNotReach() {
        outer.file("deep/open/f", "f")
                .file("closed/known/f", "secret")
                .file("closed/file", "secret")
                .link("closed/in", "../deep/open")
                .link("closed/loop", "loop")
                .link("inner", "deep/open")
                .link("deep/open/out", "../../closed/known")
                .link("deep/open/nowhere", "../../closed/missing");
        Guest guest = ruled(Guest.SANDBOX.withAllowedPaths("/w/deep/open"));
        Set<String> answers = new HashSet<>();
        for (String path : new String[] {
            "/w/closed/known/../../deep/open/f",
            "/w/closed/missing/../../deep/open/f",
            "/w/closed/file/../../deep/open/f",
            "/w/closed/in/f",
            "/w/closed/loop/f",
            "/w/closed/known/",
            "/w/closed/file/",
            "/w/closed/.sk-x",
            "/w/inner/f",
            "/w/missing/f",
            "/w/deep/missing/f",
            "/w/deep/open/out/f",
            "/w/deep/open/nowhere/f",
            "/w/deep",
            "/w/deep/",
            "/w/deep/other",
            "/elsewhere/f"
        }) {
            answers.add(assertFails(PERMISSION_DENIED, () -> guest.read(path)).reason());
            answers.add(assertFails(PERMISSION_DENIED, () -> guest.exists(path)).reason());
            answers.add(assertFails(PERMISSION_DENIED, () -> guest.list(path)).reason());
            answers.add(assertFails(PERMISSION_DENIED, () -> guest.makeDirectory(path))
                    .reason());
            answers.add(assertFails(PERMISSION_DENIED, () -> guest.move(path, "/w/deep/open/stolen"))
                    .reason());
        }
        assertThat(answers).hasSize(1);
        assertThat(guest.read("/w/deep/../deep/open/f")).isEqualTo("f");
    }

    @Test
    void whatIsBlockedWinsOverWhatIsAllowed() {
        outer.file("open/f", "f").file("open/closed/f", "secret");
        Guest guest = ruled(Guest.SANDBOX.withAllowedPaths("/w/open").withBlockedPaths("/w/open/closed"));

        assertThat(guest.read("/w/open/f")).isEqualTo("f");
        assertFails(PERMISSION_DENIED, () -> guest.read("/w/open/closed/f"));
    }

    @Test
    void rulesCanBeReplacedWhileTheProcessLives() {
        outer.file("f", "f");
        Guest guest = ruled(Guest.SANDBOX);
        assertThat(guest.read("/w/f")).isEqualTo("f");

        guest.process().updateSandbox(Guest.SANDBOX.withBlockedPaths("/w/f"));
        assertFails(PERMISSION_DENIED, () -> guest.read("/w/f"));

        guest.process().updateSandbox(Guest.SANDBOX);
        assertThat(guest.read("/w/f")).isEqualTo("f");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/w/.sk-x", "/w/d/.sk-x", "/w/.sk-", "/w/hidden"})
    void hiddenNamesAreTheKernelsOwn(String path) {
        outer.file(".sk-x", "hidden")
                .file("d/.sk-x", "hidden")
                .file(".sk-", "hidden")
                .link("hidden", ".sk-x");
        outer.file("mine", "mine");
        Guest guest = ruled(Guest.SANDBOX);
        String hidden = path.equals("/w/hidden") ? "/w/.sk-x" : path;

        assertFails(NOT_FOUND, () -> guest.read(path));
        assertFails(NOT_FOUND, () -> guest.stat(path));
        assertThat(guest.exists(path)).isFalse();
        assertFails(NOT_FOUND, () -> guest.list(path));
        assertFails(NOT_FOUND, () -> guest.delete(hidden));
        assertFails(NOT_FOUND, () -> guest.move(hidden, "/w/shown"));
        assertFails(NOT_FOUND, () -> guest.read(hidden + "/x"));
        assertFails(INVALID_ARGUMENT, () -> guest.write(path, "x"));
        assertFails(INVALID_ARGUMENT, () -> guest.create(hidden));
        assertFails(INVALID_ARGUMENT, () -> guest.makeDirectory(hidden));
        assertFails(INVALID_ARGUMENT, () -> guest.move("/w/mine", hidden));
        assertFails(INVALID_ARGUMENT, () -> guest.copy("/w/mine", hidden));
        assertThat(guest.list("/w")).containsExactly("d", "hidden", "mine");
        assertThat(guest.list("/w/d")).isEmpty();
    }

    private Guest ruled(Sandbox sandbox) {
        return new Guest(kernel.createProcess(ProcessSpec.named("guest")
                .mount("/w", outer.root(), Access.READ_WRITE)
                .sandbox(sandbox)
                .build()));
    }
}
