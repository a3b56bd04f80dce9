package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.FileExists;
import dev.syscallkernel.fs.FileSyscall.ListDirectory;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.ReadFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchFileTest {
    @Test
    void eachOperationIsRead() {
        assertThat(BatchFile.parse("""
                [
                  {"op": "read_file", "path": "/a"},
                  {"op": "write_file", "path": "/a", "text": "größer"},
                  {"op": "write_file", "path": "/a", "base64": "AAEC"},
                  {"op": "create_file", "path": "/a"},
                  {"op": "delete_file", "path": "/a"},
                  {"op": "list_directory", "path": "/"},
                  {"op": "file_exists", "path": "/a"},
                  {"op": "file_stat", "path": "/a"},
                  {"op": "move_file", "source": "/a", "destination": "/b"},
                  {"op": "copy_file", "source": "/b", "destination": "/a"},
                  {"op": "create_directory", "path": "/d"},
                  {"op": "remove_directory", "path": "/d"},
                  {"op": "truncate_file", "path": "/a", "size": 7},
                  {"op": "sleep", "milliseconds": 20}
                ]
                """))
                .containsExactly(
                        new ReadFile("/a"),
                        new WriteFile("/a", "größer".getBytes(UTF_8)),
                        new WriteFile("/a", new byte[] {0, 1, 2}),
                        new CreateFile("/a"),
                        new DeleteFile("/a"),
                        new ListDirectory("/"),
                        new FileExists("/a"),
                        new StatFile("/a"),
                        new MoveFile("/a", "/b"),
                        new CopyFile("/b", "/a"),
                        new CreateDirectory("/d"),
                        new RemoveDirectory("/d"),
                        new TruncateFile("/a", 7),
                        new Sleep(Duration.ofMillis(20)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                    | no JSON array
            [                                                     | no JSON
            [1]                                                   | entry 1: it is no JSON object
            [{"path": "/a"}]                                      | entry 1: 'op' is missing
            [{"op": "format_disk"}]                               | unknown op 'format_disk'; known are read_file
            [{"op": "read_file"}]                                 | 'path' is missing
            [{"op": "read_file", "path": 1}]                      | 'path' is no string
            [{"op": "read_file", "path": "/a", "mode": "fast"}]   | mode
            [{"op": "truncate_file", "path": "/a", "size": "x"}]  | 'size'
            [{"op": "truncate_file", "path": "/a", "size": -1}]   | size
            [{"op": "write_file", "path": "/a", "base64": "?"}]   | base64
            """)
    void whatIsNoBatchIsRefusedWithTheReason(String json, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchFile.parse(json))
                .withMessageContaining(reason);
    }
}
