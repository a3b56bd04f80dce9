package dev.syscallkernel.bench.soak;

import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.Pid;
import dev.syscallkernel.process.Command;
import dev.syscallkernel.process.ExitCause;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessSyscall.KillProcess;
import dev.syscallkernel.process.ProgramOutput;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Programs that end by themselves, that are fed, and that are killed with all that they have started. */
final class ProgramActivities {
    private ProgramActivities() {}

    static void exit(Guest guest) {
        KernelProcess process = guest.process();
        int code = guest.random().nextInt(100);
        Pid child = process.spawn(Command.of("/bin/sh", "-c", "echo $0; exit $0", Integer.toString(code))
                        .build())
                .pid();
        CRC32C expected = new CRC32C();
        expected.update((code + "\n").getBytes(StandardCharsets.UTF_8));
        Guest.require(output(process, child) == (int) expected.getValue(), "the program printed something else");
        ExitStatus status = process.await(child);
        Guest.require(status.code() == code, "ended otherwise: " + status);
    }

    static void input(Guest guest) {
        KernelProcess process = guest.process();
        byte[] data = guest.bytes(50_000); // less than what waits for a reader, so that nobody waits for anybody
        Pid child = process.spawn(
                        Command.of("/bin/cat").input(Command.Input.STREAM).build())
                .pid();
        try (StreamingWriter writer = process.input(child)) {
            writer.write(ByteBuffer.wrap(data));
            writer.commit();
        }
        Guest.require(output(process, child) == Guest.checksum(data), "the program got something else");
        Guest.require(process.await(child).isSuccess(), "the program failed");
    }

    static void killed(Guest guest) {
        KernelProcess process = guest.process();
        Pid child = process.spawn(Command.of("/bin/sh", "-c", "sleep 3600 & sleep 3600")
                        .output(Command.Output.DISCARDED)
                        .build())
                .pid();
        process.execute(new KillProcess(child));
        ExitStatus status = process.await(child);
        Guest.require(
                status.cause() == ExitCause.CANCELLED && !status.treeUncertain(),
                "killed, but ended otherwise: " + status);
    }

    private static int output(KernelProcess process, Pid child) {
        CRC32C checksum = new CRC32C();
        try (StreamingReader reader = process.output(child, ProgramOutput.STDOUT)) {
            while (reader.next()) {
                checksum.update(reader.chunk());
            }
        }
        return (int) checksum.getValue();
    }
}
