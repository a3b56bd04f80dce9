package dev.syscallkernel.local.fs;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * By what a file or directory is recognised, also after the kernel was started again. The number of the device is no
 * part of it, for the host may give it another one when it starts.
 *
 * @param kind f for a regular file, d for a directory, l for a symbolic link, o for anything else
 * @param inode what the file key says besides the device
 * @param size in bytes
 * @param modified when it was last written to, in nanoseconds
 * @param digest of the content of a new file; empty if it was not taken
 */
record FileId(char kind, String inode, long size, long modified, String digest) {
    private static final String INODE = "ino=";

    static @Nullable FileId of(@Nullable BasicFileAttributes attributes) {
        return attributes == null ? null : ofPresent(attributes);
    }

    /** Of something that is there. */
    static FileId ofPresent(BasicFileAttributes attributes) {
        return new FileId(
                kind(attributes),
                inode(attributes),
                attributes.size(),
                attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
                "");
    }

    private static char kind(BasicFileAttributes attributes) {
        if (attributes.isRegularFile()) {
            return 'f';
        }
        if (attributes.isDirectory()) {
            return 'd';
        }
        return attributes.isSymbolicLink() ? 'l' : 'o';
    }

    private static String inode(BasicFileAttributes attributes) {
        return inode(attributes.fileKey());
    }

    /** The inode that a file key names. */
    static String inode(@Nullable Object fileKey) {
        String key = String.valueOf(fileKey);
        int start = key.indexOf(INODE);
        return start < 0 ? key : key.substring(start + INODE.length(), key.length() - 1);
    }

    boolean isDirectory() {
        return kind == 'd';
    }

    FileId withDigest(String value) {
        return new FileId(kind, inode, size, modified, value);
    }

    /** Whether it is the very same file. Not by its size, which somebody may have changed. */
    boolean isSame(@Nullable FileId other) {
        return other != null && kind == other.kind && inode.equals(other.inode);
    }

    /** Whether it is the very same file, and nobody has written to it, nor made another one that got its inode. */
    boolean isUntouched(FileId later) {
        return isSame(later) && size == later.size && modified == later.modified;
    }

    static void write(DataOutput out, @Nullable FileId id) throws IOException {
        out.writeBoolean(id != null);
        if (id != null) {
            out.writeChar(id.kind);
            out.writeUTF(id.inode);
            out.writeLong(id.size);
            out.writeLong(id.modified);
            out.writeUTF(id.digest);
        }
    }

    static @Nullable FileId read(DataInput in) throws IOException {
        return in.readBoolean()
                ? new FileId(in.readChar(), in.readUTF(), in.readLong(), in.readLong(), in.readUTF())
                : null;
    }
}
