package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall;
import dev.syscallkernel.fs.FileSyscall.CopyFile;
import dev.syscallkernel.fs.FileSyscall.CreateDirectory;
import dev.syscallkernel.fs.FileSyscall.CreateFile;
import dev.syscallkernel.fs.FileSyscall.DeleteFile;
import dev.syscallkernel.fs.FileSyscall.MoveFile;
import dev.syscallkernel.fs.FileSyscall.RemoveDirectory;
import dev.syscallkernel.fs.FileSyscall.TruncateFile;
import dev.syscallkernel.fs.FileSyscall.WriteFile;
import dev.syscallkernel.fs.Mount;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A tree of files and an atomic batch on it.
 *
 * @param seed 0 for the one that was thought out; any other for one made up at random
 */
record Scenario(int seed) {
    private static final List<String> NAMES = List.of("a", "b", "c");

    /** Makes the tree. */
    void prepare(Path root) throws IOException {
        Files.createDirectories(root);
        if (seed == 0) {
            Files.createDirectories(root.resolve("d/sub"));
            Files.createDirectory(root.resolve("empty"));
            for (String name : List.of("replaced", "gone", "moved", "long", "d/f", "d/sub/g", "untouched")) {
                Files.writeString(root.resolve(name), "content of " + name);
            }
            Files.createLink(root.resolve("twin"), root.resolve("untouched"));
            Files.createSymbolicLink(root.resolve("link"), Path.of("long"));
            Files.setPosixFilePermissions(root.resolve("replaced"), PosixFilePermissions.fromString("rw-r-x---"));
            return;
        }
        Random random = new Random(seed);
        List<Path> directories = new ArrayList<>(List.of(root));
        for (int i = 0; i < 8; i++) {
            Path path = directories.get(random.nextInt(directories.size())).resolve(pick(random));
            if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
                if (random.nextInt(3) == 0) {
                    directories.add(Files.createDirectory(path));
                } else {
                    Files.writeString(path, "content " + i);
                }
            }
        }
    }

    private static String pick(Random random) {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    /** The batch; tried out, call by call, on a tree like the one it is for. */
    List<FileSyscall<?>> calls(Path trial) throws IOException {
        List<FileSyscall<?>> calls = new ArrayList<>();
        FileTree tree = open(trial, Transactions.withoutJournal());
        try {
            for (FileSyscall<?> call : candidates()) {
                try {
                    execute(tree, call);
                    calls.add(call);
                } catch (SyscallException impossible) {
                    // It is no part of the batch.
                }
            }
        } finally {
            tree.release();
        }
        return calls;
    }

    private List<FileSyscall<?>> candidates() {
        if (seed == 0) {
            return List.of(
                    write("/w/new", "new"),
                    write("/w/replaced", "after"),
                    new DeleteFile("/w/gone"),
                    new MoveFile("/w/moved", "/w/d/moved"),
                    new MoveFile("/w/d", "/w/e"),
                    write("/w/e/f", "changed"),
                    new CreateDirectory("/w/d"),
                    new CopyFile("/w/untouched", "/w/d/copy"),
                    new TruncateFile("/w/link", 3),
                    new RemoveDirectory("/w/empty"),
                    new CreateFile("/w/empty"));
        }
        Random random = new Random(seed * 31L + 7);
        List<FileSyscall<?>> calls = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            String path = path(random);
            calls.add(
                    switch (random.nextInt(8)) {
                        case 0, 1 -> write(path, "new " + i);
                        case 2 -> new DeleteFile(path);
                        case 3 -> new CreateDirectory(path);
                        case 4 -> new RemoveDirectory(path);
                        case 5 -> new TruncateFile(path, random.nextInt(12));
                        case 6 -> new CopyFile(path, path(random));
                        default -> new MoveFile(path, path(random));
                    });
        }
        return calls;
    }

    private static String path(Random random) {
        StringBuilder path = new StringBuilder("/w");
        for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
            path.append('/').append(pick(random));
        }
        return path.toString();
    }

    private static WriteFile write(String path, String content) {
        return new WriteFile(path, content.getBytes(UTF_8));
    }

    static FileTree open(Path root, Transactions transactions) {
        return FileTree.open(
                List.of(new Mount.HostDirectory("/w", root, Access.READ_WRITE)),
                root.resolveSibling("scratch"),
                transactions);
    }

    /** Executes a call by itself. */
    private static void execute(FileTree tree, FileSyscall<?> call) {
        if (call instanceof WriteFile write) {
            tree.writeFile(Calls.call(), write.path(), write.data());
        } else if (call instanceof CreateFile create) {
            tree.createFile(Calls.call(), create.path());
        } else if (call instanceof DeleteFile delete) {
            tree.deleteFile(Calls.call(), delete.path());
        } else if (call instanceof MoveFile move) {
            tree.move(Calls.call(), move.source(), move.destination());
        } else if (call instanceof CopyFile copy) {
            tree.copy(Calls.call(), copy.source(), copy.destination());
        } else if (call instanceof TruncateFile truncate) {
            tree.truncate(Calls.call(), truncate.path(), truncate.size());
        } else if (call instanceof CreateDirectory create) {
            tree.createDirectory(Calls.call(), create.path());
        } else if (call instanceof RemoveDirectory remove) {
            tree.removeDirectory(Calls.call(), remove.path());
        } else {
            throw new AssertionError(call);
        }
    }

    /** Executes the batch. */
    static void run(Transactions transactions, Path root, boolean durable, List<FileSyscall<?>> calls) {
        FileTree tree = open(root, transactions);
        try {
            transactions.run(
                    Calls.call(),
                    durable,
                    transaction -> calls.forEach(call -> transaction.plan(Calls.call(), tree, call)));
        } finally {
            tree.release();
        }
    }

    /** What there is: kinds, contents, permissions, numbers of links; hidden files too. */
    static Map<String, String> snapshot(Path root) throws IOException {
        Map<String, String> snapshot = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(path -> !path.equals(root)).toList()) {
                snapshot.put(root.relativize(file).toString(), describe(file));
            }
        }
        return snapshot;
    }

    private static String describe(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            return "-> " + Files.readSymbolicLink(file);
        }
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        return Files.isDirectory(file)
                ? mode + "/"
                : mode + " " + Files.getAttribute(file, "unix:nlink") + " " + Files.readString(file);
    }

    /** Removes a tree. */
    static void remove(Path root) throws IOException {
        if (Files.notExists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException problem) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
