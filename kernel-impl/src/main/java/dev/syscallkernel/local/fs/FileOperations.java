package dev.syscallkernel.local.fs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * All that a transaction changes on the host, and all that it or a stream waits for to reach the device; so that a test
 * can let any step fail, end the kernel at it, or forget it. What is written to a new file goes to the channel that it
 * was created with. Thread-safe.
 */
interface FileOperations {

    void makeDirectory(DirectoryHandle parent, Name name, FileAttribute<?>... attributes) throws IOException;

    void makeLink(DirectoryHandle parent, Name name, Path text) throws IOException;

    /** Creates a file that is not there, and opens it. */
    FileChannel createFile(
            DirectoryHandle parent, Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException;

    void setPermissions(DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions) throws IOException;

    /** Gives a file, or a symbolic link itself, a second name. */
    void link(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException;

    /** Renames in one step, replacing a file. */
    void rename(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException;

    void deleteFile(DirectoryHandle parent, Name name) throws IOException;

    void deleteDirectory(DirectoryHandle parent, Name name) throws IOException;

    /** Waits until the content of a file is on the device. */
    void forceFile(DirectoryHandle parent, Name name) throws IOException;

    /** Waits until the content of an open file is on the device. */
    void forceOpenFile(FileChannel file) throws IOException;

    /** Waits until the names in a directory are on the device. */
    void forceDirectory(DirectoryHandle directory) throws IOException;

    /**
     * Writes a whole record to the end of the journal. The journal is no channel, which an interrupted thread would close
     * for all others.
     *
     * @param at where the journal ends
     * @param reserve so many zeros follow the record: space that later records need not ask for
     */
    void append(RandomAccessFile journal, long at, ByteBuffer entry, int reserve) throws IOException;

    /** Waits until the journal is on the device. */
    void forceJournal(RandomAccessFile journal) throws IOException;

    /** Shortens the journal, but for so many zeros that stay reserved. */
    void cut(RandomAccessFile journal, long size, int reserve) throws IOException;

    /** Puts a new file, which is on the device, into the place of the journal. The caller closes the answer. */
    RandomAccessFile replaceJournal(Path journal, ByteBuffer content) throws IOException;
}
