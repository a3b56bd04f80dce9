package dev.syscallkernel.bench.soak;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.stream.ReadOptions;
import dev.syscallkernel.stream.StreamSyscall.GetUploadStatus;
import dev.syscallkernel.stream.StreamingReader;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Streams that end well, and streams that do not. */
final class StreamActivities {
    private static final int MOST = 2 << 20;

    private StreamActivities() {}

    static void wholeStreams(Guest guest) {
        byte[] data = guest.bytes(MOST);
        try (StreamingWriter writer = guest.process().write("/w/stream")) {
            ByteBuffer rest = ByteBuffer.wrap(data);
            while (rest.hasRemaining()) {
                writer.write(guest.piece(rest));
            }
            Guest.require(writer.commit().crc32c() == Guest.checksum(data), "wrote something else");
        }
        Guest.require(read(guest, "/w/stream") == Guest.checksum(data), "read something else");
        guest.process().execute(new DeleteFile("/w/stream"));
    }

    private static int read(Guest guest, String path) {
        CRC32C checksum = new CRC32C();
        int chunkSize = 1024 << guest.random().nextInt(10);
        try (StreamingReader reader = guest.process()
                .read(path, ReadOptions.DEFAULT.withChunkSize(chunkSize).withChecksum())) {
            while (reader.next()) {
                checksum.update(reader.chunk());
            }
        }
        return (int) checksum.getValue();
    }

    /** A writer that is dropped publishes nothing; a reader that is dropped holds nothing. */
    static void brokenStreams(Guest guest) {
        KernelProcess process = guest.process();
        try (StreamingWriter writer = process.write("/w/broken")) {
            writer.write(ByteBuffer.wrap(guest.bytes(MOST)));
        }
        Guest.require(!process.execute(new FileExists("/w/broken")), "published without a commit");
        try (StreamingWriter writer = process.write("/w/broken")) {
            writer.write(ByteBuffer.wrap(guest.bytes(MOST)));
            writer.commit();
        }
        try (StreamingReader reader = process.read("/w/broken")) {
            for (int i = guest.random().nextInt(5); i > 0; i--) {
                if (!reader.next()) {
                    break;
                }
            }
        }
        process.execute(new DeleteFile("/w/broken"));
    }

    /** An upload that breaks off and goes on where it was. */
    static void resumedUpload(Guest guest) {
        KernelProcess process = guest.process();
        String id = "upload-" + Long.toHexString(guest.random().nextLong());
        byte[] data = guest.bytes(MOST);
        int sent = guest.random().nextInt(data.length + 1);
        try (StreamingWriter writer = process.write("/w/upload", WriteOptions.DEFAULT.withUpload(id, 0))) {
            writer.write(ByteBuffer.wrap(data, 0, sent));
        }
        long committed = committed(process, id);
        try (StreamingWriter writer = process.write("/w/upload", WriteOptions.DEFAULT.withUpload(id, committed))) {
            writer.write(ByteBuffer.wrap(data, (int) committed, data.length - (int) committed));
            Guest.require(writer.commit().crc32c() == Guest.checksum(data), "uploaded something else");
        }
        process.execute(new DeleteFile("/w/upload"));
    }

    /** How far it got; not at all if it broke off before the kernel heard of it. */
    private static long committed(KernelProcess process, String id) {
        try {
            return process.execute(new GetUploadStatus(id)).committedBytes();
        } catch (SyscallException unknown) {
            Guest.require(unknown.code() == ErrorCode.NOT_FOUND, "no status: " + unknown.getMessage());
            return 0;
        }
    }
}
