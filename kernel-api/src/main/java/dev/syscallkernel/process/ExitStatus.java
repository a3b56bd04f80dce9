package dev.syscallkernel.process;

import static java.util.Objects.requireNonNull;

/**
 * How a program ended.
 *
 * @param code its exit code, 0 to 255; 128 and the number of the signal if one ended it
 * @param signal the signal that seems to have ended it, 0 for none. The operating system does not tell a signal from an
 *     exit with 128 and its number, so this is a guess unless the kernel sent the signal itself
 * @param cause why it ended
 * @param outputIncomplete whether there may have been more output than was kept, because something that the program
 *     started still held its output when it ended
 * @param treeUncertain whether something that the program started may have survived it, which only the launcher tier
 *     {@link LauncherTier#PLAIN} cannot rule out
 */
public record ExitStatus(int code, int signal, ExitCause cause, boolean outputIncomplete, boolean treeUncertain) {
    public ExitStatus {
        requireNonNull(cause, "cause");
    }

    /** Whether it ended by itself, with the code 0. */
    public boolean isSuccess() {
        return code == 0 && cause == ExitCause.EXITED;
    }
}
