package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.fs.VirtualPath.Ending;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualPathTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "/,            true,  \"\",      DOT",
                "//,           true,  \"\",      DOT",
                ".,            false, \"\",      DOT",
                "./,           false, \"\",      DOT",
                "a,            false, a,         NAME",
                "a/,           false, a,         SLASH",
                "a//,          false, a,         SLASH",
                "a/.,          false, a,         DOT",
                "a/./,         false, a,         DOT",
                "a/..,         false, a|..,      DOT_DOT",
                "a/../,        false, a|..,      DOT_DOT",
                "a/../b,       false, a|..|b,    NAME",
                "..,           false, ..,        DOT_DOT",
                "/a//./b,      true,  a|b,       NAME",
                "/./a/b/.//,   true,  a|b,       DOT",
                "...,          false, ...,       NAME",
                ".a,           false, .a,        NAME",
                "..a/b..,      false, ..a|b..,   NAME"
            })
    void aPathIsTakenApart(String text, boolean absolute, String components, Ending ending) {
        VirtualPath path = VirtualPath.parse(call(), text);

        assertThat(path.absolute()).isEqualTo(absolute);
        assertThat(String.join("|", path.components())).isEqualTo(components);
        assertThat(path.ending()).isEqualTo(ending);
        assertThat(path.demandsDirectory()).isEqualTo(ending != Ending.NAME);
    }

    @Test
    void namesAndDepthAreLimitedInBytesAndComponents() {
        assertThat(VirtualPath.parse(call(), "ü".repeat(127) + "x").components())
                .hasSize(1);
        assertThat(VirtualPath.parse(call(), "a/./".repeat(256)).components()).hasSize(256);

        Calls.assertFails(ErrorCode.NAME_TOO_LONG, () -> VirtualPath.parse(call(), "ü".repeat(128)));
        Calls.assertFails(ErrorCode.NAME_TOO_LONG, () -> VirtualPath.parse(call(), "𝒳".repeat(64)));
        Calls.assertFails(ErrorCode.NAME_TOO_LONG, () -> VirtualPath.parse(call(), "a/".repeat(257)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "a/\uDC00b/c", "x\uDC00\uD800"})
    void halfASurrogatePairIsRefused(String text) {
        Calls.assertFails(ErrorCode.INVALID_ARGUMENT, () -> VirtualPath.parse(call(), text));
    }

    @Test
    void positionsCoverThemselvesAndWhatIsBeneath() {
        Position position = Position.of("/a/b");

        assertThat(position.covers(List.of("a", "b"))).isTrue();
        assertThat(position.covers(List.of("a", "b", "c"))).isTrue();
        assertThat(position.covers(List.of("a", "bc"))).isFalse();
        assertThat(position.covers(List.of("a"))).isFalse();
        assertThat(Position.ROOT.covers(List.of())).isTrue();
        assertThat(position).hasToString("/a/b");
        assertThat(Position.ROOT).hasToString("/");
    }
}
