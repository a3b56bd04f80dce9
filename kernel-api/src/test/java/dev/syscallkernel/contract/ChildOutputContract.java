package dev.syscallkernel.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ProcessState;
import dev.syscallkernel.process.ProcessSyscall.GetProcessState;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProcessSyscall.WaitProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.OpenProcessOutput;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteSummary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes into a program and what comes out of it. */
@Timeout(60)
public abstract class ChildOutputContract extends KernelContract {
    private static final Duration MOMENT = Duration.ofMillis(300);

    /** A remote reader has fetched ahead what it has not given out, so a part of the last MiB is gone for the next one. */
    private static final int KEPT = 128 << 10;

    private Shell shell;

    @BeforeEach
    final void startShell() {
        Bubblewrap.require();
        shell = Shell.in(kernel, host);
    }

    private StreamingReader at(Pid child, long offset) {
        return shell.process()
                .execute(new OpenProcessOutput(child, ProgramOutput.STDOUT, ReadOptions.DEFAULT.withOffset(offset)));
    }

    private static byte[] all(StreamingReader reader) throws IOException {
        try (InputStream in = reader.asInputStream()) {
            return in.readAllBytes();
        }
    }

    /** What {@code numbers} of a script prints. */
    private static String numbers(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            text.append(i).append('\n');
        }
        return text.toString();
    }

    @Test
    void standardOutputAndStandardErrorAreApart() {
        Pid child = shell.start("echo out; echo err >&2; echo more");
        assertThat(shell.read(child, ProgramOutput.STDERR)).isEqualTo("err\n");
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("out\nmore\n");
    }

    @Test
    void mergedOutputIsOneStreamInOrder() {
        Pid child = shell.process()
                .spawn(Shell.script("echo 1; echo 2 >&2; echo 3")
                        .output(Command.Output.MERGED)
                        .build())
                .pid();
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("1\n2\n3\n");
        assertFails(ErrorCode.BAD_DESCRIPTOR, () -> shell.read(child, ProgramOutput.STDERR));
    }

    @Test
    void discardedOutputHoldsNothingUp() {
        Pid child = shell.process()
                .spawn(Shell.script("seq 1 200000; echo x >&2; exit 4")
                        .output(Command.Output.DISCARDED)
                        .build())
                .pid();
        assertThat(shell.process().await(child).code()).isEqualTo(4);
        assertFails(ErrorCode.BAD_DESCRIPTOR, () -> shell.read(child, ProgramOutput.STDOUT));
    }

    @Test
    void everyByteArrivesThatWasWrittenBeforeTheEnd() {
        int rounds = Integer.getInteger("syscallkernel.child.outputs", 10);
        String expected = numbers(50_000); // 288,894 bytes
        for (int i = 0; i < rounds; i++) {
            Pid child = shell.start("seq 1 50000; exit 3");
            assertThat(shell.read(child, ProgramOutput.STDOUT).equals(expected))
                    .as("round %s", i)
                    .isTrue();
            assertThat(shell.process().await(child).outputIncomplete()).isFalse();
        }
    }

    @Test
    void outputThatNobodyReadsHoldsTheProgramUp() throws IOException {
        Pid child = shell.start("seq 1 40000; echo done >&2"); // 228,894 bytes
        assertFails(ErrorCode.TIMED_OUT, () -> shell.process().execute(new WaitProcess(child, MOMENT)));
        shell.awaitState(child, ProcessState.SLEEPING);
        assertThat(new String(all(at(child, 0)), UTF_8)).isEqualTo(numbers(40_000));
        assertThat(shell.process().await(child).isSuccess()).isTrue();
    }

    @Test
    void outputCanBeReadAfterTheEndAndAgainFromAnyOffset() throws IOException {
        Pid child = shell.start("seq 1 10000");
        byte[] expected = numbers(10_000).getBytes(UTF_8);
        assertThat(shell.process().await(child).isSuccess()).isTrue();
        assertThat(all(at(child, 0))).isEqualTo(expected);
        assertThat(all(at(child, 0))).isEqualTo(expected);
        assertThat(all(at(child, 20_000))).isEqualTo(Arrays.copyOfRange(expected, 20_000, expected.length));
        assertThat(all(at(child, expected.length))).isEmpty();
    }

    @Test
    void aReaderThatComesBackGetsExactBytesOrIsToldOfTheGap() throws IOException {
        Pid child = shell.start("seq 1 500000; read line"); // 3,388,895 bytes
        byte[] expected = numbers(500_000).getBytes(UTF_8);
        long read = 0;
        try (StreamingReader reader = at(child, 0)) {
            while (read < 2 << 20 && reader.next()) {
                read += reader.chunk().remaining();
            }
        }
        try (StreamingReader again = at(child, read - KEPT)) {
            byte[] tail = all(again);
            assertThat(tail).isEqualTo(Arrays.copyOfRange(expected, (int) read - KEPT, expected.length));
        }
        SyscallException gap = assertFails(ErrorCode.DATA_LOSS, () -> at(child, 0));
        long first = Long.parseLong(gap.reason().replaceAll("\\D+", " ").trim().split(" ", -1)[0]);
        assertThat(first).isBetween(expected.length - (2L << 20), expected.length - (1L << 20));
        assertThat(all(at(child, first))).isEqualTo(Arrays.copyOfRange(expected, (int) first, expected.length));
    }

    @Test
    void lengthAndChecksumAreThoseOfAnyStream() {
        Pid child = shell.start("seq 1 1000");
        ReadOptions options = ReadOptions.DEFAULT.withOffset(100).withLength(50).withChecksum();
        try (StreamingReader reader =
                shell.process().execute(new OpenProcessOutput(child, ProgramOutput.STDOUT, options))) {
            StringBuilder text = new StringBuilder();
            while (reader.next()) {
                text.append(UTF_8.decode(reader.chunk()));
            }
            assertThat(text.toString()).isEqualTo(numbers(1000).substring(100, 150));
            assertThat(reader.bytesRead()).isEqualTo(50);
            assertThat(reader.crc32c()).isNotZero();
        }
    }

    @Test
    void outputArrivesAsItIsWritten() {
        Pid child = shell.start("echo first; sleep 100");
        shell.awaitLine(child, "first");
        assertThat(shell.process().execute(new GetProcessState(child))).isNotEqualTo(ProcessState.EXITED);
    }

    @Test
    void theEndOfTheProgramIsTheEndOfItsOutputWhoeverHoldsIt() {
        Pid child = shell.start("(setsid sleep 100 &) ; echo done");
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("done\n");
        assertThat(shell.process().await(child).isSuccess()).isTrue();
    }

    @Test
    void outputCanBeReadAfterAKill() throws IOException {
        Pid child = shell.start("seq 1 2000; echo done >&2; exec sleep 100");
        assertThat(new String(firstChunk(child, ProgramOutput.STDERR), UTF_8)).isEqualTo("done\n");
        shell.process().execute(new KillProcess(child));
        assertThat(new String(all(at(child, 0)), UTF_8)).isEqualTo(numbers(2000));
    }

    private byte[] firstChunk(Pid child, ProgramOutput output) {
        try (StreamingReader reader = shell.process().output(child, output)) {
            assertThat(reader.next()).isTrue();
            byte[] bytes = new byte[reader.chunk().remaining()];
            reader.chunk().get(bytes);
            return bytes;
        }
    }

    @Test
    void closingAReaderEndsItsWaiting() throws Exception {
        Pid child = shell.start("exec sleep 100");
        StreamingReader reader = at(child, 0);
        CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(reader::next);
        Thread.sleep(50); // most likely it waits by now; if not, it is refused at once
        long begin = System.nanoTime();
        reader.close();
        assertThat(waiting)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(SyscallException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
        shell.awaitState(child, ProcessState.SLEEPING);
    }

    @Test
    void aReaderThatStopsStopsTheProgram() {
        Pid child = shell.start("exec yes");
        try (StreamingReader reader = at(child, 0)) {
            while (reader.bytesRead() < 3 << 20) {
                assertThat(reader.next()).isTrue();
            }
        }
        assertFails(ErrorCode.TIMED_OUT, () -> shell.process().execute(new WaitProcess(child, MOMENT)));
        shell.awaitState(child, ProcessState.SLEEPING);
        assertThat(shell.process().execute(new KillProcess(child)).cause()).isEqualTo(ExitCause.CANCELLED);
    }

    @Test
    void manyIdleReadersHoldNobodyUp() {
        for (int i = 0; i < 12; i++) {
            Pid child = shell.start("exec sleep 100");
            StreamingReader idle = at(child, 0);
            CompletableFuture<Boolean> unused = CompletableFuture.supplyAsync(idle::next, work -> {
                Thread thread = new Thread(work);
                thread.setDaemon(true);
                thread.start();
            });
        }
        assertThat(shell.run("echo still").output()).isEqualTo("still\n");
    }

    // ------------------------------------------------------------------------------------------------------- input

    @Test
    void thereIsNoInputUnlessAskedFor() {
        assertThat(shell.run("cat; echo end").output()).isEqualTo("end\n");
        Pid child = shell.start("exec sleep 100");
        assertFails(ErrorCode.BAD_DESCRIPTOR, () -> shell.process().input(child));
    }

    private Pid cat() {
        return shell.process()
                .spawn(Command.of("cat").input(Command.Input.STREAM).build())
                .pid();
    }

    @Test
    void aMebibyteGoesThroughAProgramBothWays() throws Exception {
        byte[] data = new byte[1 << 20];
        new Random(7).nextBytes(data);
        Pid child = cat();
        CompletableFuture<WriteSummary> written = CompletableFuture.supplyAsync(() -> {
            try (StreamingWriter input = shell.process().input(child)) {
                input.write(ByteBuffer.wrap(data));
                return input.commit();
            }
        });
        assertThat(all(at(child, 0))).isEqualTo(data);
        assertThat(written.get(10, TimeUnit.SECONDS).totalBytes()).isEqualTo(data.length);
        assertThat(shell.process().await(child).isSuccess()).isTrue();
    }

    @Test
    void inputGoesOnWithTheNextWriterUntilACommit() {
        Pid child = cat();
        write(child, "one ", false);
        write(child, "two", true);
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("one two");
        assertThat(shell.process().await(child).isSuccess()).isTrue();
    }

    private void write(Pid child, String text, boolean last) {
        try (StreamingWriter input = shell.process().input(child)) {
            input.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
            await(input);
            if (last) {
                input.commit();
            }
        }
    }

    private static void await(StreamingWriter input) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (input.committedBytes() == 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void thereIsOneWriterAtATime() {
        Pid child = cat();
        try (StreamingWriter first = shell.process().input(child)) {
            assertThat(first.committedBytes()).isZero();
            assertFails(ErrorCode.CONFLICT, () -> shell.process().input(child));
        }
    }

    @Test
    void anEmptyWriteFailsAsAnyOtherOnceTheInputIsOver() {
        Pid child = cat();
        StreamingWriter closed = shell.process().input(child);
        closed.write(ByteBuffer.allocate(0));
        closed.write(ByteBuffer.allocate(0), 0);
        closed.close();
        assertFails(ErrorCode.CANCELLED, () -> closed.write(ByteBuffer.allocate(0)));
        assertFails(ErrorCode.CANCELLED, () -> closed.write(ByteBuffer.allocate(0), 0));
        StreamingWriter committed = shell.process().input(child);
        assertThat(committed.commit().totalBytes()).isZero();
        assertFails(ErrorCode.CANCELLED, () -> committed.write(ByteBuffer.allocate(0)));
        assertFails(ErrorCode.CANCELLED, () -> committed.write(ByteBuffer.allocate(0), 0));
    }

    @Test
    void aChunkOfInputIsTakenWholeAndOneThatIsTooLargeToBeCheckedIsRefused() {
        Pid child = cat();
        try (StreamingWriter input = shell.process().input(child)) {
            ByteBuffer large = ByteBuffer.allocate(ReadOptions.MAX_CHUNK_SIZE + 1);
            assertFails(ErrorCode.INVALID_ARGUMENT, () -> input.write(large, 0));
            assertThat(large.position()).isZero();
            ByteBuffer chunk = ByteBuffer.wrap("whole".getBytes(UTF_8));
            CRC32C crc = new CRC32C();
            crc.update(chunk.duplicate());
            input.write(chunk, (int) crc.getValue());
            assertThat(chunk.hasRemaining()).isFalse();
            assertThat(input.commit().totalBytes()).isEqualTo(5);
        }
        assertThat(shell.read(child, ProgramOutput.STDOUT)).isEqualTo("whole");
    }

    @Test
    void inputOfAProgramThatHasEndedIsABrokenPipe() {
        Pid ended = cat();
        shell.process().execute(new KillProcess(ended));
        assertFails(ErrorCode.BROKEN_PIPE, () -> writeMuch(ended));
    }

    private void writeMuch(Pid child) {
        try (StreamingWriter input = shell.process().input(child)) {
            for (int i = 0; i < 64; i++) {
                input.write(ByteBuffer.allocate(64 << 10));
            }
            input.commit();
        }
    }

    @Test
    void closingAWriterEndsItsWaiting() throws InterruptedException {
        Pid child = shell.process()
                .spawn(Command.of("sleep", "100").input(Command.Input.STREAM).build())
                .pid();
        StreamingWriter input = shell.process().input(child);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> input.write(ByteBuffer.allocate(8 << 20)));
        Thread.sleep(100); // most likely it waits by now; if not, it is refused at once
        input.close();
        assertThat(writing)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(SyscallException.class);
        assertThat(shell.process().execute(new KillProcess(child)).cause()).isEqualTo(ExitCause.CANCELLED);
    }
}
