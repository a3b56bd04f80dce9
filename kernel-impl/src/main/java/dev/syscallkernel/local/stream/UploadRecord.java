package dev.syscallkernel.local.stream;

import com.google.common.hash.Hashing;
import dev.syscallkernel.local.fs.WaitingFile;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Properties;

/**
 * What has to be known of an upload after a restart.
 *
 * @param id as the client chose it
 * @param path the virtual path of its target
 * @param directory on the host, where what has arrived waits
 * @param name the name of the hidden file there
 * @param target the name there that it is going to have
 */
record UploadRecord(String id, String path, Path directory, String name, String target) {
    static final String SUFFIX = ".upload";

    /** Of a record that was being written. */
    static final String UNFINISHED = ".new";

    static UploadRecord of(String id, String path, WaitingFile file) {
        return new UploadRecord(id, path, file.directory(), file.name(), file.target());
    }

    /** A name for the file of a record: of letters and digits, whatever the id is made of. */
    private static String key(String id) {
        return Hashing.sha256()
                .hashString(id, StandardCharsets.UTF_8)
                .toString()
                .substring(0, 40);
    }

    /** @throws IOException also for a file that is no record */
    static UploadRecord load(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
            UploadRecord record = new UploadRecord(
                    required(properties, "id"),
                    required(properties, "path"),
                    Path.of(required(properties, "directory")),
                    required(properties, "name"),
                    required(properties, "target"));
            record.waiting().close();
            return record;
        } catch (IllegalArgumentException malformed) {
            throw new IOException("the record of an upload is damaged", malformed);
        }
    }

    private static String required(Properties properties, String key) throws IOException {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IOException("the record of an upload lacks its " + key);
        }
        return value;
    }

    /** What has arrived, where it was when the record was saved. */
    WaitingFile waiting() {
        return WaitingFile.at(directory, name, target);
    }

    /** Saves it in one step: a crash leaves the whole record or none, and so does a full disk. */
    void save(Path records) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("id", id);
        properties.setProperty("path", path);
        properties.setProperty("directory", directory.toString());
        properties.setProperty("name", name);
        properties.setProperty("target", target);
        StringWriter text = new StringWriter();
        properties.store(text, null);
        Path unfinished = records.resolve(key(id) + UNFINISHED);
        try {
            write(unfinished, text.toString());
            Files.move(unfinished, file(records, id), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException | Error failure) {
            Files.deleteIfExists(unfinished);
            throw failure;
        }
    }

    private static void write(Path file, String text) throws IOException {
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true); // or a name without a content could be left of it
        }
    }

    /** Where the record of an upload is kept. */
    static Path file(Path records, String id) {
        return records.resolve(key(id) + SUFFIX);
    }
}
