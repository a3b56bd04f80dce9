package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.Syscall;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.system.SystemSyscall.Sleep;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/** The syscalls that can be written on a command line, and are worth a task. */
final class TaskCalls {
    static final String NAMES = "copy_file FROM TO, move_file FROM TO, delete_file PATH, truncate_file PATH SIZE,"
            + " create_directory PATH, remove_directory PATH, sleep TIME";

    private TaskCalls() {}

    /** @throws IllegalArgumentException if there is no such call, or not with these arguments */
    static Syscall<?> parse(String name, List<String> arguments) {
        return switch (name) {
            case "copy_file" -> {
                require(name, arguments, 2);
                yield new CopyFile(arguments.get(0), arguments.get(1));
            }
            case "move_file" -> {
                require(name, arguments, 2);
                yield new MoveFile(arguments.get(0), arguments.get(1));
            }
            case "delete_file" -> new DeleteFile(only(name, arguments));
            case "truncate_file" -> {
                require(name, arguments, 2);
                yield new TruncateFile(arguments.get(0), size(arguments.get(1)));
            }
            case "create_directory" -> new CreateDirectory(only(name, arguments));
            case "remove_directory" -> new RemoveDirectory(only(name, arguments));
            case "sleep" -> new Sleep(time(only(name, arguments)));
            default -> throw new IllegalArgumentException("no syscall for a task: '" + name + "'; there are " + NAMES);
        };
    }

    private static String only(String name, List<String> arguments) {
        require(name, arguments, 1);
        return arguments.get(0);
    }

    private static void require(String name, List<String> arguments, int count) {
        if (arguments.size() != count) {
            throw new IllegalArgumentException(
                    name + " takes " + count + (count == 1 ? " argument" : " arguments") + ", not " + arguments.size());
        }
    }

    private static long size(String text) {
        try {
            return ByteSize.parse(text).bytes();
        } catch (TypeConversionException malformed) {
            throw new IllegalArgumentException(malformed.getMessage(), malformed);
        }
    }

    private static Duration time(String text) {
        try {
            return TimeSpan.parse(text).duration();
        } catch (TypeConversionException malformed) {
            throw new IllegalArgumentException(malformed.getMessage(), malformed);
        }
    }
}
