package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Opens what the mounts of a new process stand for: all of it, or nothing. */
final class Mounts {
    private final ScratchDirectories scratch;
    private final List<MountedDirectory> opened = new ArrayList<>();
    private final Set<Position> taken = new HashSet<>();

    private Mounts(ScratchDirectories scratch) {
        this.scratch = scratch;
    }

    static List<MountedDirectory> open(List<Mount> mounts, ScratchDirectories scratch) {
        Mounts opening = new Mounts(scratch);
        try {
            for (Mount mount : mounts) {
                opening.add(mount);
            }
            return List.copyOf(opening.opened);
        } catch (RuntimeException | Error failure) {
            opening.opened.forEach(mount -> mount.root().close());
            scratch.remove();
            throw failure;
        }
    }

    private void add(Mount mount) {
        Position position = Position.of(mount.path());
        if (!taken.add(position)) {
            throw failure(mount, ErrorCode.INVALID_ARGUMENT, "another mount has the same path", null);
        }
        try {
            if (mount instanceof Mount.HostDirectory host) {
                Path real = host.directory().toRealPath();
                opened.add(new MountedDirectory(position, host.access(), real, open(host, real)));
            } else {
                Path real = scratch.create(mount.path());
                opened.add(new MountedDirectory(position, Access.READ_WRITE, real, open(mount, real)));
            }
        } catch (NoSuchFileException | NotDirectoryException missing) {
            throw failure(mount, ErrorCode.INVALID_ARGUMENT, "the host has no such directory", missing);
        } catch (IOException failure) {
            throw HostErrors.isExhaustion(failure)
                    ? failure(mount, HostErrors.code(failure), HostErrors.describe(failure), failure)
                    : failure(
                            mount,
                            ErrorCode.INVALID_ARGUMENT,
                            "the kernel cannot open the directory on the host",
                            failure);
        }
    }

    private static DirectoryHandle open(Mount mount, Path directory) throws IOException {
        Directory opened = Directory.open(directory);
        boolean racyAllowed =
                mount instanceof Mount.HostDirectory host && host.resolution() == Mount.Resolution.RACY_ALLOWED;
        if (opened instanceof SecureDirectory || racyAllowed) {
            return DirectoryHandle.of(opened);
        }
        throw failure(
                mount,
                ErrorCode.UNSUPPORTED,
                "the file system of the directory has no secure directory handles, without which somebody could swap a"
                        + " link under a running operation; a mount with the resolution RACY_ALLOWED accepts that",
                null);
    }

    private static SyscallException failure(Mount mount, ErrorCode code, String reason, @Nullable Throwable cause) {
        return new SyscallException(code, "create_process", mount.path(), reason, cause);
    }
}
