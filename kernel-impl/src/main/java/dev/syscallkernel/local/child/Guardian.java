package dev.syscallkernel.local.child;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.util.UUID;

/**
 * A process that outlives a killed JVM for a moment, and kills what that has left half made. The first process of a sandbox
 * asks for its end with the launcher only late, and waits for it without end if that dies before: nothing that could be
 * told beforehand prevents that. It never ran a program, but would stay. Whatever has a gate in its command line has the
 * mark of its JVM there, by which it is found. Thread-safe.
 */
final class Guardian implements AutoCloseable {
    /** In the command line of each gate of this JVM. */
    static final String MARK = UUID.randomUUID().toString();

    /** Twice, since what is seen at first may leave something behind when it is killed. */
    private static final String SCRIPT = """
            trap '' INT TERM HUP
            read -r mark || exit
            read -r closed && exit
            for pass in 1 2; do
              printf '%s\\n' "$mark" | grep -lasFf - /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do
                kill -KILL "$pid"
              done
              sleep 1
            done
            """;

    private final OutputStream order;

    private Guardian(OutputStream order) {
        this.order = order;
    }

    static Guardian start(Starter starter) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", SCRIPT)
                .directory(Launcher.root().toFile())
                .redirectOutput(Redirect.DISCARD)
                .redirectError(Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().putAll(Launcher.noEnvironment());
        OutputStream order = starter.start(builder).getOutputStream();
        order.write((MARK + "\n").getBytes(US_ASCII));
        order.flush();
        return new Guardian(order);
    }

    /** The kernel closes, and has left nothing. */
    @Override
    public void close() {
        try (order) {
            order.write("closed\n".getBytes(US_ASCII));
        } catch (IOException gone) {
            System.getLogger(Guardian.class.getName()).log(Level.DEBUG, "The guardian had ended", gone);
        }
    }
}
