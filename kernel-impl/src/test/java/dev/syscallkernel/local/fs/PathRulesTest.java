package dev.syscallkernel.local.fs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.security.Sandbox;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathRulesTest {

    @ParameterizedTest
    @ValueSource(strings = {"/a/b", "/a/b/", "//a/./b", "/x/../a/b", "/../a/b/c/.."})
    void rulesAreNormalised(String rule) {
        PathRules rules = PathRules.of(Sandbox.NOTHING.withBlockedPaths(rule));

        assertThat(rules.mayBeWalked(List.of("a", "b"))).isFalse();
        assertThat(rules.mayBeWalked(List.of("a", "b", "c"))).isFalse();
        assertThat(rules.mayBeWalked(List.of("a"))).isTrue();
        assertThat(rules.mayBeWalked(List.of("a", "bc"))).isTrue();
    }

    @Test
    void withoutRulesEverythingIsAllowed() {
        PathRules rules = PathRules.of(Sandbox.NOTHING);

        assertThat(rules.allows(List.of())).isTrue();
        assertThat(rules.allows(List.of("a"))).isTrue();
        assertThat(rules.mayBeWalked(List.of("a"))).isTrue();
        assertThat(rules.blocksBeneath(Position.ROOT)).isFalse();
    }

    @Test
    void nothingButTheAllowedPathsCanBeUsed() {
        PathRules rules = PathRules.of(Sandbox.NOTHING.withAllowedPaths("/a/b").withBlockedPaths("/a/b/c"));

        assertThat(rules.allows(List.of("a", "b"))).isTrue();
        assertThat(rules.allows(List.of("a", "b", "d"))).isTrue();
        assertThat(rules.allows(List.of("a", "b", "c"))).isFalse();
        assertThat(rules.allows(List.of("a"))).isFalse();
        assertThat(rules.allows(List.of("x"))).isFalse();
    }

    @Test
    void onlyAllowedPathsAndTheWayToThemMayBeWalked() {
        PathRules rules = PathRules.of(Sandbox.NOTHING.withAllowedPaths("/a/b").withBlockedPaths("/a/b/d"));

        assertThat(rules.mayBeWalked(List.of())).isTrue();
        assertThat(rules.mayBeWalked(List.of("a"))).isTrue();
        assertThat(rules.mayBeWalked(List.of("a", "b", "c"))).isTrue();
        assertThat(rules.mayBeWalked(List.of("a", "x"))).isFalse();
        assertThat(rules.mayBeWalked(List.of("a", "b", "d"))).isFalse();
    }

    @Test
    void aBlockedPathBeneathIsFound() {
        PathRules rules = PathRules.of(Sandbox.NOTHING.withBlockedPaths("/a/b"));

        assertThat(rules.blocksBeneath(Position.of("/a"))).isTrue();
        assertThat(rules.blocksBeneath(Position.of("/a/b"))).isTrue();
        assertThat(rules.blocksBeneath(Position.of("/a/b/c"))).isFalse();
        assertThat(rules.blocksBeneath(Position.of("/c"))).isFalse();
    }
}
