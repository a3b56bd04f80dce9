package dev.syscallkernel.local.child;

import java.io.InputStream;
import java.io.OutputStream;

/** What is left of a process that has ended, without the buffers of its pipes. */
final class EndedProcess extends Process {
    private final long pid;
    private final int exitValue;

    EndedProcess(long pid, int exitValue) {
        this.pid = pid;
        this.exitValue = exitValue;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public int exitValue() {
        return exitValue;
    }

    @Override
    public int waitFor() {
        return exitValue;
    }

    @Override
    public boolean isAlive() {
        return false;
    }

    @Override
    public OutputStream getOutputStream() {
        return OutputStream.nullOutputStream();
    }

    @Override
    public InputStream getInputStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public InputStream getErrorStream() {
        return InputStream.nullInputStream();
    }

    @Override
    public void destroy() {
        // It has ended.
    }
}
