package dev.syscallkernel.local.child;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.security.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Finds programs and working directories, so that what cannot be started is refused before anything starts. */
final class Executables {
    static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

    private static final List<String> SYSTEM = List.of("/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/");

    private final SyscallContext context;
    private final FileTree files;
    private final Layout layout;

    Executables(SyscallContext context, FileTree files, Layout layout) {
        this.context = context;
        this.files = files;
        this.layout = layout;
    }

    /** The virtual path, free of links, of a directory to start in. */
    String directory(String path) {
        if (!path.equals(".")) {
            requireSeen();
        }
        FileStat stat = about("the working directory", path);
        if (!stat.isDirectory()) {
            throw context.failure(ErrorCode.NOT_A_DIRECTORY, "the working directory is not a directory");
        }
        return stat.path();
    }

    private FileStat about(String what, String path) {
        try {
            return files.stat(context, path);
        } catch (SyscallException failure) {
            throw context.failure(failure.code(), what + ": " + failure.reason(), failure);
        }
    }

    /**
     * The path under which a program finds itself.
     *
     * @param directory the virtual path that relative paths start from
     * @param searchPath where a plain name is looked for
     */
    String program(String program, String directory, String searchPath) {
        if (program.indexOf('/') >= 0) {
            return at(program.startsWith("/") ? program : directory + "/" + program);
        }
        SyscallException best = context.failure(ErrorCode.NOT_FOUND, "no such program in " + searchPath);
        for (String place : searchPath.split(":", -1)) {
            try {
                if (place.startsWith("/")) {
                    return at(place + "/" + program);
                }
            } catch (SyscallException failure) {
                boolean found = failure.code() == ErrorCode.PERMISSION_DENIED
                        && failure.reason().startsWith("not exec");
                best = found ? failure : best;
            }
        }
        throw best;
    }

    private String at(String path) {
        Path plain;
        try {
            plain = Path.of(path).normalize();
        } catch (InvalidPathException unusable) {
            throw context.failure(ErrorCode.INVALID_ARGUMENT, "the host cannot have such a path", unusable);
        }
        if (SYSTEM.stream().anyMatch((plain + "/")::startsWith) && !layout.isMounted(plain.toString())) {
            return system(plain);
        }
        requireSeen();
        FileStat stat = files.stat(context, path);
        if (stat.isDirectory()) {
            throw context.failure(ErrorCode.IS_A_DIRECTORY, "is a directory");
        }
        if (stat.kind() != FileKind.REGULAR_FILE || !isExecutable(stat)) {
            throw notExecutable();
        }
        return layout.place(stat.symbolicLink() ? linkItself(path) : stat.path());
    }

    /** Programs that do several things tell by their name which one is meant. */
    private String linkItself(String path) {
        int slash = path.lastIndexOf('/');
        String parent = files.stat(context, path.substring(0, slash + 1)).path();
        return (parent.equals("/") ? "" : parent) + path.substring(slash);
    }

    /** Programs of another user than the kernel have the rights of others. */
    private static boolean isExecutable(FileStat stat) {
        return (stat.mode() & (Launcher.changesUser() ? 0001 : 0111)) != 0;
    }

    private String system(Path program) {
        try {
            Path real = program.toRealPath();
            if (!real.startsWith("/usr")) {
                throw context.failure(ErrorCode.PERMISSION_DENIED, "leads out of the system's programs");
            }
            if (!Files.isRegularFile(real) || !Files.isExecutable(real)) {
                throw notExecutable();
            }
            return program.toString();
        } catch (IOException missing) {
            throw context.failure(ErrorCode.NOT_FOUND, "the system has no such program", missing);
        }
    }

    /** What a program does not see, its process cannot learn of by trying to start it. */
    private void requireSeen() {
        if (!context.sandbox().capabilities().contains(Capability.READ_FILE)) {
            throw context.failure(
                    ErrorCode.PERMISSION_DENIED, "a program in a mount can be started only with READ_FILE");
        }
    }

    private SyscallException notExecutable() {
        return context.failure(ErrorCode.PERMISSION_DENIED, "not executable for the user of programs");
    }
}
