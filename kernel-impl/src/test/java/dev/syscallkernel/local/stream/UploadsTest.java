package dev.syscallkernel.local.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.call.CancellationToken;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.call.ProgressReporter;
import dev.syscallkernel.local.call.SyscallContext;
import dev.syscallkernel.local.fs.FileTree;
import dev.syscallkernel.local.fs.Transactions;
import dev.syscallkernel.process.ResourceLimits;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadsTest {
    private static final Pid PID = new Pid(1);

    @TempDir
    Path host;

    @TempDir
    Path state;

    private static SyscallContext call(CancellationToken cancellation) {
        return new SyscallContext(
                "open_writer",
                () -> "/w/f",
                Sandbox.NOTHING.withCapabilities(Set.of(Capability.values())),
                ResourceLimits.DEFAULT,
                Place.NONE,
                cancellation,
                ProgressReporter.NONE);
    }

    private static OpenWriter upload(long offset) {
        return new OpenWriter("/w/f", WriteOptions.DEFAULT.withUpload("u", offset));
    }

    /** It can be cancelled while it waits for whoever opens the same upload just before. */
    @Test
    void aCallThatIsCancelledBeforeItTakesOverLeavesTheWriterAlone() {
        Uploads uploads = new Uploads(state, Clock.systemUTC());
        FileTree tree = FileTree.open(
                List.of(new Mount.HostDirectory("/w", host, Access.READ_WRITE)),
                state.resolve("scratch"),
                Transactions.withoutJournal());
        CancellationToken cancelled = new CancellationToken();
        cancelled.cancel(ErrorCode.CANCELLED, "not wanted");
        try (StreamingWriter writer =
                uploads.open(call(new CancellationToken()), PID, tree, upload(0), () -> Place.NONE)) {
            writer.write(ByteBuffer.allocate(1000));
            SyscallException failure = catchThrowableOfType(
                    SyscallException.class,
                    () -> uploads.open(call(cancelled), PID, tree, upload(1000), () -> Place.NONE));
            assertThat(failure.code()).isEqualTo(ErrorCode.CANCELLED);
            writer.write(ByteBuffer.allocate(1000));
            assertThat(writer.commit().totalBytes()).isEqualTo(2000);
        }
        tree.release();
    }
}
