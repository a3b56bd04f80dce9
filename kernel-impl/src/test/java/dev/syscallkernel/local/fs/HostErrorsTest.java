package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostErrorsTest {

    @ParameterizedTest
    @CsvSource({
        "No space left on device, NO_SPACE",
        "Disk quota exceeded, NO_SPACE",
        "Read-only file system, READ_ONLY",
        "File name too long, NAME_TOO_LONG",
        "Too many open files, RESOURCE_EXHAUSTED",
        "Operation not permitted, PERMISSION_DENIED",
        "Is a directory, IS_A_DIRECTORY",
        "Not a directory, NOT_A_DIRECTORY",
        "Directory not empty, NOT_EMPTY",
        "Input/output error, IO_ERROR"
    })
    void theTextOfTheHostTellsTheCode(String text, ErrorCode code) {
        String secret = "/host/secret";

        for (IOException failure :
                new IOException[] {new FileSystemException(secret, secret + "2", text), new IOException(text)}) {
            SyscallException translated = HostErrors.translate(call(), failure);
            assertThat(translated.code()).isEqualTo(code);
            assertThat(translated.getMessage()).doesNotContain("secret");
            assertThat(translated).hasCause(failure);
        }
    }

    @Test
    void theTypesOfJavaTellTheCode() {
        assertThat(code(new NoSuchFileException("/host"))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(code(new AccessDeniedException("/host"))).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(code(new ClosedByInterruptException())).isEqualTo(ErrorCode.CANCELLED);
        assertThat(code(new SwappedException(null))).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(code(new IOException())).isEqualTo(ErrorCode.IO_ERROR);
    }

    @Test
    void aFullDeviceIsRecognised() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full), "skipped: the host has no /dev/full");
        try (FileChannel channel = FileChannel.open(full, StandardOpenOption.WRITE)) {
            IOException failure =
                    Assertions.catchThrowableOfType(IOException.class, () -> channel.write(ByteBuffer.allocate(1)));
            assertThat(code(failure)).isEqualTo(ErrorCode.NO_SPACE);
        }
    }

    private static ErrorCode code(IOException failure) {
        return HostErrors.translate(call(), failure).code();
    }
}
