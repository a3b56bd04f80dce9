package dev.syscallkernel.local.stream;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The directory with the records of uploads; made when there is the first one. Thread-safe. */
record UploadRecords(Path directory) {
    private static final System.Logger LOG = System.getLogger(UploadRecords.class.getName());

    /** Of a file that is no record, or a damaged one: it is left for the operator to look at. */
    private static final String BROKEN = ".broken";

    /**
     * All records. What cannot be read is put aside, for it must not keep the kernel from starting.
     *
     * @throws IOException if the directory cannot be read
     */
    List<UploadRecord> load() throws IOException {
        List<UploadRecord> records = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return records; // There has never been an upload.
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(UploadRecord.UNFINISHED)) {
                    Files.deleteIfExists(file);
                } else if (name.endsWith(UploadRecord.SUFFIX)) {
                    load(file, records);
                }
            }
        }
        return records;
    }

    private void load(Path file, List<UploadRecord> records) throws IOException {
        try {
            UploadRecord record = UploadRecord.load(file);
            if (!UploadRecord.file(directory, record.id()).equals(file)) {
                throw new IOException("the record is that of another upload");
            }
            records.add(record);
        } catch (IOException broken) {
            Path aside = file.resolveSibling(file.getFileName() + BROKEN);
            LOG.log(Level.WARNING, "The record of an upload cannot be read, and is kept as " + aside, broken);
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    void save(UploadRecord record) throws IOException {
        Files.createDirectories(directory);
        record.save(directory);
    }

    /** When the record was saved; long ago if it is gone. */
    Instant savedAt(UploadRecord record) throws IOException {
        try {
            return Files.getLastModifiedTime(UploadRecord.file(directory, record.id()))
                    .toInstant();
        } catch (NoSuchFileException gone) {
            return Instant.MIN;
        }
    }

    void delete(UploadRecord record) {
        try {
            Files.deleteIfExists(UploadRecord.file(directory, record.id()));
        } catch (IOException problem) {
            LOG.log(Level.WARNING, "The record of an upload could not be removed", problem);
        }
    }
}
