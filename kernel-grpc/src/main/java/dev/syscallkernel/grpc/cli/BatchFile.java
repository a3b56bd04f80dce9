package dev.syscallkernel.grpc.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import dev.syscallkernel.Syscall;
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
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The syscalls of a batch as a JSON array. Each is an object with its name as {@code op}, and its arguments by their names:
 * {@code {"op": "write_file", "path": "/a.txt", "text": "hello"}}. What is not known is refused.
 */
final class BatchFile {
    private static final Map<String, Function<Fields, Syscall<?>>> OPERATIONS = new LinkedHashMap<>();

    static {
        OPERATIONS.put("read_file", f -> new ReadFile(f.text("path")));
        OPERATIONS.put("write_file", f -> new WriteFile(f.text("path"), f.content()));
        OPERATIONS.put("create_file", f -> new CreateFile(f.text("path")));
        OPERATIONS.put("delete_file", f -> new DeleteFile(f.text("path")));
        OPERATIONS.put("list_directory", f -> new ListDirectory(f.text("path")));
        OPERATIONS.put("file_exists", f -> new FileExists(f.text("path")));
        OPERATIONS.put("file_stat", f -> new StatFile(f.text("path")));
        OPERATIONS.put("move_file", f -> new MoveFile(f.text("source"), f.text("destination")));
        OPERATIONS.put("copy_file", f -> new CopyFile(f.text("source"), f.text("destination")));
        OPERATIONS.put("create_directory", f -> new CreateDirectory(f.text("path")));
        OPERATIONS.put("remove_directory", f -> new RemoveDirectory(f.text("path")));
        OPERATIONS.put("truncate_file", f -> new TruncateFile(f.text("path"), f.number("size")));
        OPERATIONS.put("sleep", f -> new Sleep(Duration.ofMillis(f.number("milliseconds"))));
    }

    private BatchFile() {}

    /** @throws IllegalArgumentException for what is no batch */
    static List<Syscall<?>> parse(String json) {
        JsonElement all;
        try {
            JsonReader reader = new JsonReader(new StringReader(json));
            reader.setStrictness(Strictness.STRICT);
            all = JsonParser.parseReader(reader);
        } catch (JsonParseException malformed) {
            throw new IllegalArgumentException("it is no JSON: " + malformed.getMessage(), malformed);
        }
        if (!(all instanceof JsonArray array)) {
            throw new IllegalArgumentException("it is no JSON array");
        }
        List<Syscall<?>> calls = new ArrayList<>();
        for (JsonElement element : array) {
            try {
                calls.add(call(element));
            } catch (IllegalArgumentException refusal) {
                throw new IllegalArgumentException(
                        "entry " + (calls.size() + 1) + ": " + refusal.getMessage(), refusal);
            }
        }
        return calls;
    }

    private static Syscall<?> call(JsonElement element) {
        if (!(element instanceof JsonObject object)) {
            throw new IllegalArgumentException("it is no JSON object");
        }
        Fields fields = new Fields(object);
        String name = fields.text("op");
        Function<Fields, Syscall<?>> operation = OPERATIONS.get(name);
        if (operation == null) {
            throw new IllegalArgumentException(
                    "unknown op '" + name + "'; known are " + String.join(", ", OPERATIONS.keySet()));
        }
        Syscall<?> call = operation.apply(fields);
        fields.requireAllUsed();
        return call;
    }

    /** The members of an object, each of which has to be asked for. */
    private static final class Fields {
        private final JsonObject object;
        private final Set<String> used = new HashSet<>();

        private Fields(JsonObject object) {
            this.object = object;
        }

        private JsonPrimitive value(String name) {
            used.add(name);
            if (object.get(name) instanceof JsonPrimitive value) {
                return value;
            }
            throw new IllegalArgumentException("'" + name + "' is missing");
        }

        String text(String name) {
            JsonPrimitive value = value(name);
            if (!value.isString()) {
                throw new IllegalArgumentException("'" + name + "' is no string");
            }
            return value.getAsString();
        }

        long number(String name) {
            JsonPrimitive value = value(name);
            if (!value.isNumber()) {
                throw new IllegalArgumentException("'" + name + "' is no number");
            }
            try {
                return value.getAsBigDecimal().longValueExact();
            } catch (ArithmeticException | NumberFormatException refusal) {
                throw new IllegalArgumentException("'" + name + "' is no whole number", refusal);
            }
        }

        byte[] content() {
            return object.has("base64")
                    ? Base64.getDecoder().decode(text("base64"))
                    : text("text").getBytes(UTF_8);
        }

        void requireAllUsed() {
            Set<String> unknown = new HashSet<>(object.keySet());
            unknown.removeAll(used);
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("it has more than it can use: " + unknown);
            }
        }
    }
}
