package dev.syscallkernel.grpc;

import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileStat;
import java.time.Instant;

/** Attributes of files and entries of directories. */
final class FileCodec {
    private FileCodec() {}

    static dev.syscallkernel.proto.FileStat toWire(FileStat stat) {
        Instant modified = stat.modified();
        return dev.syscallkernel.proto.FileStat.newBuilder()
                .setName(stat.name())
                .setPath(stat.path())
                .setSize(stat.size())
                .setIsDir(stat.isDirectory())
                .setMode(octal(stat.mode()))
                .setModified(wholeSeconds(modified))
                .setExtension(stat.extension())
                .setKind(WireEnums.toWire(stat.kind()))
                .setSymbolicLink(stat.symbolicLink())
                .setOwner(stat.owner())
                .setModifiedSeconds(modified.getEpochSecond())
                .setModifiedNanos(modified.getNano())
                .build();
    }

    static FileStat fromWire(dev.syscallkernel.proto.FileStat stat) {
        return new FileStat(
                stat.getName(),
                stat.getPath(),
                WireEnums.fromWire(stat.getKind()),
                stat.getSymbolicLink(),
                stat.getSize(),
                Integer.parseInt(stat.getMode(), 8),
                Instant.ofEpochSecond(stat.getModifiedSeconds(), stat.getModifiedNanos()),
                stat.getOwner());
    }

    static dev.syscallkernel.proto.DirectoryEntry toWire(DirectoryEntry entry) {
        return dev.syscallkernel.proto.DirectoryEntry.newBuilder()
                .setName(entry.name())
                .setUndecodable(!entry.decodable())
                .setStat(toWire(entry.stat()))
                .build();
    }

    static DirectoryEntry fromWire(dev.syscallkernel.proto.DirectoryEntry entry) {
        return new DirectoryEntry(entry.getName(), !entry.getUndecodable(), fromWire(entry.getStat()));
    }

    /** The permission bits as people write them: {@code 0644}. */
    static String octal(int mode) {
        return String.format("%04o", mode);
    }

    /** Whole seconds since the epoch; 0 for a time before it, which an unsigned number cannot tell. */
    static long wholeSeconds(Instant time) {
        return Math.max(0, time.getEpochSecond());
    }
}
