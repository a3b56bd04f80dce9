package dev.syscallkernel.local.child;

import dev.syscallkernel.process.Command;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What goes into a program and comes out of it, as far as its command asked for that. */
record ChildStreams(
        @Nullable InputPipe stdin,
        @Nullable OutputBuffer stdout,
        @Nullable OutputBuffer stderr) {

    static ChildStreams of(Process process, Command command, Executor threads) {
        boolean recorded = command.output() == Command.Output.RECORDED;
        boolean separate = recorded || command.output() == Command.Output.SEPARATE;
        boolean any = separate || command.output() == Command.Output.MERGED;
        ChildStreams streams = new ChildStreams(
                command.input() == Command.Input.STREAM ? new InputPipe(process.getOutputStream(), threads) : null,
                any ? new OutputBuffer(process.getInputStream(), threads) : null,
                separate ? new OutputBuffer(process.getErrorStream(), threads) : null);
        if (recorded) {
            streams.record();
        }
        return streams;
    }

    private void record() {
        if (stdout != null) {
            stdout.record();
        }
        if (stderr != null) {
            stderr.record();
        }
    }

    /** The program has ended: keeps what is left. Returns whether there may have been more. */
    boolean finish(Duration patience) {
        if (stdin != null) {
            stdin.breakOff();
        }
        boolean incomplete = stdout != null && stdout.finish(patience);
        return (stderr != null && stderr.finish(patience)) || incomplete;
    }

    /** How many bytes are kept of what was read. */
    long kept() {
        return (stdout == null ? 0 : stdout.kept()) + (stderr == null ? 0 : stderr.kept());
    }

    /** Nobody will read any more. */
    void drop() {
        if (stdout != null) {
            stdout.drop();
        }
        if (stderr != null) {
            stderr.drop();
        }
    }
}
