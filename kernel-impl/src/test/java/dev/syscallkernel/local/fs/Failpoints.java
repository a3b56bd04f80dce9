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

/** The host's operations, numbered from 1, one of which goes wrong. */
final class Failpoints implements FileOperations {

    /** What goes wrong. */
    enum Fault {
        NONE,
        /** An input or output error, and nothing is done. */
        THROW,
        /** The file system is full, and nothing is done. */
        NO_SPACE,
        /** The kernel ends before the operation. */
        DIE_BEFORE,
        /** The kernel ends after the operation. */
        DIE_AFTER,
        /** The JVM ends before the operation. */
        HALT_BEFORE,
        /** The JVM ends after the operation. */
        HALT_AFTER
    }

    /** The exit value of a JVM that was halted. */
    static final int HALTED = 77;

    /** The end of a kernel, as far as it can be had without the end of its JVM: nothing is changed any more. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death() {
            super("the kernel died", null, false, false);
        }
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private interface Action {
        void run() throws IOException;
    }

    private final FileOperations host = new HostOperations();
    private final int at;
    private final Fault fault;
    private int count;
    private boolean forced; // whether the fault was met by waiting for the device
    private boolean dead;

    Failpoints(int at, Fault fault) {
        this.at = at;
        this.fault = fault;
    }

    static Failpoints none() {
        return new Failpoints(0, Fault.NONE);
    }

    /** How many operations there were. */
    synchronized int count() {
        return count;
    }

    synchronized boolean wasForce() {
        return forced;
    }

    private <T> T run(boolean force, Work<T> work) throws IOException {
        return run(force, work, () -> {});
    }

    /** @param begun what of the work is done if the end comes before the end of it */
    private synchronized <T> T run(boolean force, Work<T> work, Action begun) throws IOException {
        if (dead) {
            throw new Death();
        }
        count++;
        if (count != at) {
            return work.run();
        }
        forced = force;
        if (fault == Fault.DIE_BEFORE || fault == Fault.HALT_BEFORE) {
            begun.run();
        }
        switch (fault) {
            case THROW -> throw new IOException("Input/output error");
            case NO_SPACE -> throw new IOException("No space left on device");
            case DIE_BEFORE -> throw die();
            case HALT_BEFORE -> Runtime.getRuntime().halt(HALTED);
            default -> {}
        }
        T result = work.run();
        if (fault == Fault.DIE_AFTER) {
            if (result instanceof FileChannel channel) {
                channel.close();
            }
            throw die();
        }
        if (fault == Fault.HALT_AFTER) {
            Runtime.getRuntime().halt(HALTED);
        }
        return result;
    }

    /** Called under the lock of this. */
    private Death die() {
        dead = true;
        return new Death();
    }

    private void change(Action action) throws IOException {
        var unused = run(false, () -> {
            action.run();
            return true;
        });
    }

    private void force(Action action) throws IOException {
        var unused = run(true, () -> {
            action.run();
            return true;
        });
    }

    @Override
    public void makeDirectory(DirectoryHandle parent, Name name, FileAttribute<?>... attributes) throws IOException {
        change(() -> host.makeDirectory(parent, name, attributes));
    }

    @Override
    public void makeLink(DirectoryHandle parent, Name name, Path text) throws IOException {
        change(() -> host.makeLink(parent, name, text));
    }

    @Override
    public FileChannel createFile(
            DirectoryHandle parent, Name name, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        return run(false, () -> host.createFile(parent, name, options, attributes));
    }

    @Override
    public void setPermissions(DirectoryHandle parent, Name name, Set<PosixFilePermission> permissions)
            throws IOException {
        change(() -> host.setPermissions(parent, name, permissions));
    }

    @Override
    public void link(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        change(() -> host.link(parent, name, newParent, newName));
    }

    @Override
    public void rename(DirectoryHandle parent, Name name, DirectoryHandle newParent, Name newName) throws IOException {
        change(() -> host.rename(parent, name, newParent, newName));
    }

    @Override
    public void deleteFile(DirectoryHandle parent, Name name) throws IOException {
        change(() -> host.deleteFile(parent, name));
    }

    @Override
    public void deleteDirectory(DirectoryHandle parent, Name name) throws IOException {
        change(() -> host.deleteDirectory(parent, name));
    }

    @Override
    public void forceFile(DirectoryHandle parent, Name name) throws IOException {
        force(() -> host.forceFile(parent, name));
    }

    @Override
    public void forceOpenFile(FileChannel file) throws IOException {
        force(() -> host.forceOpenFile(file));
    }

    @Override
    public void forceDirectory(DirectoryHandle directory) throws IOException {
        force(() -> host.forceDirectory(directory));
    }

    @Override
    public void append(RandomAccessFile journal, long at, ByteBuffer entry, int reserve) throws IOException {
        ByteBuffer half = entry.duplicate().limit(entry.remaining() / 2);
        var unused = run(
                false,
                () -> {
                    host.append(journal, at, entry, reserve);
                    return true;
                },
                () -> host.append(journal, at, half, 0));
    }

    @Override
    public void forceJournal(RandomAccessFile journal) throws IOException {
        force(() -> host.forceJournal(journal));
    }

    @Override
    public void cut(RandomAccessFile journal, long size, int reserve) throws IOException {
        change(() -> host.cut(journal, size, reserve));
    }

    @Override
    public RandomAccessFile replaceJournal(Path journal, ByteBuffer content) throws IOException {
        return run(false, () -> host.replaceJournal(journal, content));
    }
}
