package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.assertFails;
import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.Pid;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import dev.syscallkernel.local.call.Place;
import dev.syscallkernel.local.stream.Uploads;
import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.StreamingWriter;
import dev.syscallkernel.stream.WriteMode;
import dev.syscallkernel.stream.WriteOptions;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a writer waits for at its commit if {@code sync} was asked for, and in which order. */
class StreamSyncTest {
    private static final WriteOptions SYNC = WriteOptions.DEFAULT.withSync();

    @TempDir
    private Path host;

    @TempDir
    private Path state;

    private final List<String> forces = new ArrayList<>();
    private Uploads uploads;
    private Transactions transactions;
    private FileTree tree;

    @BeforeEach
    void open() {
        uploads = new Uploads(state, Clock.systemUTC());
        use(recording());
    }

    @AfterEach
    void close() {
        tree.release();
        transactions.close();
    }

    private void use(FileOperations operations) {
        transactions = Transactions.open(state.resolve("journal"), state, Set.of(), operations);
        tree = FileTree.open(
                List.of(new Mount.HostDirectory("/w", host, Access.READ_WRITE)),
                state.resolve("scratch"),
                transactions);
    }

    /** The host's operations, which note each wait for the device, and what the file was at that moment. */
    private FileOperations recording() {
        FileOperations real = new HostOperations();
        return (FileOperations) Proxy.newProxyInstance(
                FileOperations.class.getClassLoader(),
                new Class<?>[] {FileOperations.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("forceOpenFile")) {
                        forces.add(((FileChannel) arguments[0]).size() + " bytes, while f was " + content());
                    } else if (method.getName().equals("forceDirectory")) {
                        boolean same = ((DirectoryHandle) arguments[0])
                                .is(Files.readAttributes(host, java.nio.file.attribute.BasicFileAttributes.class));
                        forces.add((same ? "its names" : "other names") + ", while f was " + content());
                    }
                    return method.invoke(real, arguments);
                });
    }

    private String content() throws IOException {
        return Files.exists(host.resolve("f")) ? Files.readString(host.resolve("f")) : "missing";
    }

    private StreamingWriter writer(WriteOptions options) {
        return uploads.open(call(), new Pid(1), tree, new OpenWriter("/w/f", options), () -> Place.NONE);
    }

    private void write(WriteOptions options, String text) {
        try (StreamingWriter writer = writer(options)) {
            writer.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
            writer.commit();
        }
    }

    @Test
    void theBytesReachTheDeviceBeforeTheirNameAndTheNameBeforeTheCommitIsOver() throws IOException {
        Files.writeString(host.resolve("f"), "old");
        write(SYNC, "12345");
        assertThat(forces).containsExactly("5 bytes, while f was old", "its names, while f was 12345");
    }

    @Test
    void aNewFileIsWaitedForInTheSameWay() {
        write(SYNC.withMode(WriteMode.CREATE_NEW), "12345");
        assertThat(forces).containsExactly("5 bytes, while f was missing", "its names, while f was 12345");
    }

    @Test
    void whatIsAppendedIsWaitedForAndItsNameIsNewOnlyWithTheFile() throws IOException {
        write(SYNC.withMode(WriteMode.APPEND), "12345");
        assertThat(forces).containsExactly("5 bytes, while f was missing", "its names, while f was 12345");
        forces.clear();
        write(SYNC.withMode(WriteMode.APPEND), "678");
        assertThat(forces).containsExactly("8 bytes, while f was 12345678");
    }

    @Test
    void ofAnUploadThatWasTakenUpAllIsWaitedFor() {
        try (StreamingWriter first = writer(WriteOptions.DEFAULT.withUpload("u", 0))) {
            first.write(ByteBuffer.wrap("12345".getBytes(UTF_8)));
        }
        assertThat(forces).isEmpty();
        write(SYNC.withUpload("u", 5), "678");
        assertThat(forces).containsExactly("8 bytes, while f was missing", "its names, while f was 12345678");
    }

    @Test
    void nothingIsWaitedForUnlessItWasAskedFor() throws IOException {
        write(WriteOptions.DEFAULT, "12345");
        write(WriteOptions.DEFAULT.withMode(WriteMode.APPEND), "678");
        assertThat(content()).isEqualTo("12345678");
        assertThat(forces).isEmpty();
    }

    @Test
    void bytesThatDoNotReachTheDeviceAreNotPublished() throws IOException {
        close();
        use(new Failpoints(1, Failpoints.Fault.THROW));
        Files.writeString(host.resolve("f"), "old");
        assertFails(ErrorCode.IO_ERROR, () -> write(SYNC, "12345"));
        assertThat(content()).isEqualTo("old");
        close();
        use(new Failpoints(1, Failpoints.Fault.THROW));
        assertFails(ErrorCode.IO_ERROR, () -> write(SYNC.withMode(WriteMode.APPEND), "12345"));
        assertThat(content()).isEqualTo("old");
        assertThat(host.toFile().list()).containsExactly("f");
    }
}
