package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.TypeConversionException;

/** Mounts as the command line describes them: {@code VIRTUAL=HOST[:ro]}. */
final class MountConverter {
    private static final String READ_ONLY = ":ro";

    private MountConverter() {}

    /** @throws TypeConversionException if the text has another form */
    static Mount.HostDirectory parse(String text) {
        int equals = text.indexOf('=');
        boolean readOnly = text.endsWith(READ_ONLY);
        String host = text.substring(equals + 1, readOnly ? text.length() - READ_ONLY.length() : text.length());
        if (equals < 1 || host.isEmpty()) {
            throw new TypeConversionException("'" + text
                    + "' is no mount; the form is VIRTUAL=HOST or VIRTUAL=HOST:ro, such as /data=/srv/data:ro");
        }
        try {
            return new Mount.HostDirectory(
                    text.substring(0, equals), Path.of(host), readOnly ? Access.READ_ONLY : Access.READ_WRITE);
        } catch (InvalidPathException refusal) {
            throw new TypeConversionException("'" + host + "' is no path: " + refusal.getReason());
        } catch (IllegalArgumentException refusal) {
            throw new TypeConversionException(String.valueOf(refusal.getMessage()));
        }
    }
}
