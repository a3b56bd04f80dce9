package dev.syscallkernel.grpc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import dev.syscallkernel.process.ExitStatus;
import dev.syscallkernel.process.ProcessInfo;
import dev.syscallkernel.process.ProcessStats;
import dev.syscallkernel.process.SpawnedProcess;
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

    static ByteString of(SpawnedProcess spawned) {
        JsonObject object = new JsonObject();
        object.addProperty("pid", spawned.pid().value());
        object.addProperty("os_pid", spawned.osPid());
        return bytes(object);
    }

    static ByteString of(ExitStatus status) {
        JsonObject object = new JsonObject();
        object.addProperty("code", status.code());
        object.addProperty("signal", status.signal());
        object.addProperty("cause", status.cause().name());
        object.addProperty("output_incomplete", status.outputIncomplete());
        object.addProperty("tree_uncertain", status.treeUncertain());
        return bytes(object);
    }

    static ByteString of(ProcessStats stats) {
        JsonObject object = new JsonObject();
        object.addProperty("cpu_time_ns", WireValues.nanos(stats.cpuTime()));
        object.addProperty("resident_bytes", stats.residentBytes());
        object.addProperty("processes", stats.processes());
        object.addProperty("threads", stats.threads());
        return bytes(object);
    }

    static ByteString of(ProcessInfo info) {
        return bytes(object(info));
    }

    static ByteString ofProcesses(List<ProcessInfo> infos) {
        JsonArray all = new JsonArray(infos.size());
        infos.forEach(info -> all.add(object(info)));
        return bytes(all);
    }

    private static JsonObject object(ProcessInfo info) {
        JsonObject object = new JsonObject();
        object.addProperty("pid", info.pid().value());
        object.addProperty("name", info.name());
        object.addProperty("sandbox_level", info.level().name());
        object.addProperty("priority", info.priority());
        object.addProperty("working_directory", info.workingDirectory());
        object.addProperty("open_streams", info.openStreams());
        object.addProperty("syscalls", info.syscalls());
        object.addProperty("failed_syscalls", info.failedSyscalls());
        info.child().ifPresent(child -> {
            object.addProperty("parent_pid", child.parent().value());
            object.addProperty("program", child.program());
            object.addProperty("os_pid", child.osPid());
            object.addProperty("launcher", child.launcher().name());
        });
        return object;
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
