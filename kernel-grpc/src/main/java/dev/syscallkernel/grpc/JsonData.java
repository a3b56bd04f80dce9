package dev.syscallkernel.grpc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.system.SystemInfo;
import java.util.List;

/** Structured results as JSON, for clients that do not read the typed values. Numbers are JSON numbers. */
final class JsonData {
    private JsonData() {}

    static ByteString of(FileStat stat) {
        return bytes(object(stat.name(), stat));
    }

    static ByteString of(List<DirectoryEntry> entries) {
        JsonArray all = new JsonArray(entries.size());
        entries.forEach(entry -> all.add(object(entry.name(), entry.stat())));
        return bytes(all);
    }

    static ByteString of(SystemInfo info) {
        JsonObject object = new JsonObject();
        object.addProperty("operating_system", info.operatingSystem());
        object.addProperty("operating_system_version", info.operatingSystemVersion());
        object.addProperty("architecture", info.architecture());
        object.addProperty("processors", info.processors());
        object.addProperty("total_memory_bytes", info.totalMemoryBytes());
        object.addProperty("free_memory_bytes", info.freeMemoryBytes());
        object.addProperty("kernel_version", info.kernelVersion());
        return bytes(object);
    }

    private static JsonObject object(String name, FileStat stat) {
        JsonObject object = new JsonObject();
        object.addProperty("name", name);
        object.addProperty("path", stat.path());
        object.addProperty("size", stat.size());
        object.addProperty("is_dir", stat.isDirectory());
        object.addProperty("mode", FileCodec.octal(stat.mode()));
        object.addProperty("modified", FileCodec.wholeSeconds(stat.modified()));
        object.addProperty("extension", stat.extension());
        return object;
    }

    private static ByteString bytes(JsonElement json) {
        return ByteString.copyFromUtf8(json.toString());
    }
}
