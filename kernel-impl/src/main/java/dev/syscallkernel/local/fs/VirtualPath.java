package dev.syscallkernel.local.fs;

import com.google.common.base.Utf8;
import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.call.SyscallContext;
import java.util.ArrayList;
import java.util.List;

/**
 * A path as a process or a link's text gives it, taken apart but not yet resolved.
 *
 * @param absolute whether it starts at the virtual root
 * @param components the names and {@code ..}; {@code .} and empty components are gone
 * @param ending how it ends
 */
record VirtualPath(boolean absolute, List<String> components, Ending ending) {
    /** In bytes of UTF-8. */
    static final int MAX_NAME_BYTES = 255;

    static final int MAX_COMPONENTS = 256;

    static final String PARENT = "..";

    /** What stands at the end of a path. Everything but a plain name demands a directory. */
    enum Ending {
        NAME,
        /** A name and a slash. */
        SLASH,
        /** {@code .}, or the root itself. */
        DOT,
        /** {@code ..} */
        DOT_DOT
    }

    boolean demandsDirectory() {
        return ending != Ending.NAME;
    }

    /** Whether the last component names an entry of a directory, rather than the directory itself or its parent. */
    boolean endsWithName() {
        return ending == Ending.NAME || ending == Ending.SLASH;
    }

    /**
     * Takes a path apart.
     *
     * @throws dev.syscallkernel.SyscallException NOT_FOUND for an empty path; NAME_TOO_LONG; INVALID_ARGUMENT for what
     *     can be no name on the host
     */
    static VirtualPath parse(SyscallContext ctx, String text) {
        if (text.isEmpty()) {
            throw ctx.failure(ErrorCode.NOT_FOUND, "the path is empty");
        }
        if (text.indexOf('\0') >= 0) {
            throw ctx.failure(ErrorCode.INVALID_ARGUMENT, "the path contains NUL");
        }
        List<String> components = new ArrayList<>();
        Ending ending = Ending.DOT;
        int start = 0;
        while (start < text.length()) {
            int slash = text.indexOf('/', start);
            int end = slash < 0 ? text.length() : slash;
            if (end > start) {
                String component = text.substring(start, end);
                ending = endingAfter(component, slash >= 0);
                if (ending != Ending.DOT) {
                    add(ctx, components, component);
                }
            }
            start = end + 1;
        }
        return new VirtualPath(text.charAt(0) == '/', components, ending);
    }

    private static Ending endingAfter(String component, boolean slash) {
        return switch (component) {
            case "." -> Ending.DOT;
            case PARENT -> Ending.DOT_DOT;
            default -> slash ? Ending.SLASH : Ending.NAME;
        };
    }

    private static void add(SyscallContext ctx, List<String> components, String component) {
        if (components.size() == MAX_COMPONENTS) {
            throw ctx.failure(ErrorCode.NAME_TOO_LONG, "the path has over " + MAX_COMPONENTS + " components");
        }
        if (utf8Length(ctx, component) > MAX_NAME_BYTES) {
            throw ctx.failure(
                    ErrorCode.NAME_TOO_LONG, "a component of the path has over " + MAX_NAME_BYTES + " bytes of UTF-8");
        }
        components.add(component);
    }

    private static int utf8Length(SyscallContext ctx, String component) {
        try {
            return Utf8.encodedLength(component);
        } catch (IllegalArgumentException unpaired) {
            throw ctx.failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "the path contains half a surrogate pair, which UTF-8 cannot express",
                    unpaired);
        }
    }
}
