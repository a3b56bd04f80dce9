package dev.syscallkernel.local.stream;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/**
 * What has to be known of an upload after a restart.
 *
 * @param id as the client chose it
 * @param path the virtual path of its target
 * @param stagedAt the hidden file on the host with what has arrived
 */
record UploadRecord(String id, String path, Path stagedAt) {
    static final String SUFFIX = ".upload";

    /** A name for files that belong to the upload: of letters and digits, whatever the id is made of. */
    static String key(String id) {
        return Hashing.sha256()
                .hashString(id, StandardCharsets.UTF_8)
                .toString()
                .substring(0, 40);
    }

    static UploadRecord load(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        }
        return new UploadRecord(
                required(properties, "id"), required(properties, "path"), Path.of(required(properties, "stagedAt")));
    }

    private static String required(Properties properties, String key) throws IOException {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IOException("the record of an upload lacks its " + key);
        }
        return value;
    }

    /** Saves it in one step: a crash leaves the whole record or none. */
    void save(Path directory) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("id", id);
        properties.setProperty("path", path);
        properties.setProperty("stagedAt", stagedAt.toString());
        Path unfinished = directory.resolve(key(id) + ".new");
        try (Writer out = Files.newBufferedWriter(unfinished)) {
            properties.store(out, null);
        }
        Files.move(unfinished, file(directory, id), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Where the record of an upload is kept. */
    static Path file(Path directory, String id) {
        return directory.resolve(key(id) + SUFFIX);
    }
}
