package dev.syscallkernel.grpc.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A user and a group of the operating system, by their numbers. */
record ProgramUser(int uid, int gid) {
    private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,8})(?::([1-9][0-9]{0,8}))?");

    /** Reads {@code UID:GID}, or {@code UID} for a group of the same number. */
    static ProgramUser parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + text + "' is not UID:GID, with numbers from 1 on");
        }
        int uid = Integer.parseInt(matcher.group(1));
        return new ProgramUser(uid, matcher.group(2) == null ? uid : Integer.parseInt(matcher.group(2)));
    }
}
