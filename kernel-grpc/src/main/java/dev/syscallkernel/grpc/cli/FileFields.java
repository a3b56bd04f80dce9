package dev.syscallkernel.grpc.cli;

import dev.syscallkernel.fs.DirectoryEntry;
import dev.syscallkernel.fs.FileKind;
import dev.syscallkernel.fs.FileStat;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The attributes of files, as they are shown. */
final class FileFields {
    private static final DateTimeFormatter LOCAL_TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final String PERMISSIONS = "rwxrwxrwx";

    private FileFields() {}

    static Map<String, Object> of(FileStat stat) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", stat.name());
        fields.put("path", stat.path());
        fields.put("kind", stat.kind().name().toLowerCase(Locale.ROOT));
        fields.put("symbolic_link", stat.symbolicLink());
        fields.put("size", stat.size());
        fields.put("mode", String.format(Locale.ROOT, "%04o", stat.mode()));
        fields.put("modified", stat.modified().toString());
        fields.put("owner", stat.owner());
        return fields;
    }

    static Map<String, Object> of(DirectoryEntry entry) {
        Map<String, Object> fields = of(entry.stat());
        fields.put("name", entry.name());
        fields.put("decodable", entry.decodable());
        return fields;
    }

    /** Such as {@code -rw-r--r--}. */
    static String mode(FileStat stat) {
        StringBuilder mode = new StringBuilder().append(letter(stat.kind()));
        for (int bit = 0; bit < PERMISSIONS.length(); bit++) {
            boolean set = (stat.mode() & (0400 >> bit)) != 0;
            mode.append(set ? PERMISSIONS.charAt(bit) : '-');
        }
        return mode.toString();
    }

    private static char letter(FileKind kind) {
        return switch (kind) {
            case REGULAR_FILE -> '-';
            case DIRECTORY -> 'd';
            case SYMBOLIC_LINK -> 'l';
            case OTHER -> '?';
        };
    }

    /** To the second, in the time zone of this machine. */
    static String localTime(Instant time) {
        return LOCAL_TIME.format(time.atZone(ZoneId.systemDefault()));
    }
}
