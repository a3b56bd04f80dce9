package dev.syscallkernel.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.KernelProcess;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.SyscallKernel;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.FileSyscall.StatFile;
import dev.syscallkernel.process.ProcessSpec;
import dev.syscallkernel.security.Capability;
import dev.syscallkernel.security.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random paths through random trees lead where a simple model says, or fail as it says. */
@Tag("long")
@Timeout(300)
class PathFuzzTest {
    private static final int TREES = Integer.getInteger("syscallkernel.fuzz.trees", 100);
    private static final int PATHS = 300;
    private static final int MAX_LINKS = 40;
    private static final List<String> NAMES = List.of("a", "b", "c", "é");
    private static final String MOUNT_POINT = "m";
    private static final String HIDDEN = ".sk-secret";
    private static final List<String> MUTATIONS = List.of(
            HIDDEN,
            "/" + HIDDEN,
            "/h",
            "h",
            ".sk-",
            "\0",
            "\n",
            "x".repeat(300),
            "/x".repeat(300),
            "/",
            "..",
            "\uD800",
            " ");
    private static final List<String> REFUSALS = List.of(
            "NOT_FOUND", "NOT_A_DIRECTORY", "TOO_MANY_LINKS", "PERMISSION_DENIED", "INVALID_ARGUMENT", "NAME_TOO_LONG");

    @TempDir
    Path host;

    /** A file, a link or a directory of the model. The model of a tree is a tree of the heap. */
    private static final class Node {
        private final @Nullable Node parent;
        private final String name;
        private final @Nullable String linkText;
        private final @Nullable Map<String, Node> entries;

        Node(@Nullable Node parent, String name, @Nullable String linkText, @Nullable Map<String, Node> entries) {
            this.parent = parent;
            this.name = name;
            this.linkText = linkText;
            this.entries = entries;
        }

        Node orParent() {
            return parent == null ? this : parent;
        }

        String path() {
            if (parent == null) {
                return "/";
            }
            return parent.parent == null ? "/" + name : parent.path() + "/" + name;
        }
    }

    /** Resolves as POSIX does, in the plainest way. */
    private static final class Model {
        private final Node root;
        private int links;

        Model(Node root) {
            this.root = root;
        }

        String resolve(String path) {
            try {
                return walk(root, path).path();
            } catch (Failure failure) {
                return failure.code.toString();
            }
        }

        private Node walk(Node start, String path) {
            Node at = path.startsWith("/") ? root : start;
            for (String component : path.split("/", -1)) {
                Map<String, Node> entries = at.entries;
                if (entries == null) {
                    throw new Failure(ErrorCode.NOT_A_DIRECTORY);
                }
                if (component.equals("..")) {
                    at = at.orParent();
                } else if (!component.isEmpty() && !component.equals(".")) {
                    Node next = entries.get(component);
                    if (next == null) {
                        throw new Failure(ErrorCode.NOT_FOUND);
                    }
                    at = follow(at, next);
                }
            }
            return at;
        }

        private Node follow(Node from, Node node) {
            if (node.linkText == null) {
                return node;
            }
            if (++links > MAX_LINKS) {
                throw new Failure(ErrorCode.TOO_MANY_LINKS);
            }
            return walk(from, node.linkText);
        }
    }

    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Failure(ErrorCode code) {
            super(code.toString());
            this.code = code;
        }
    }

    @Test
    void everyPathLeadsWhereTheModelSays() throws IOException {
        long seed = Long.getLong("syscallkernel.fuzz.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        Map<String, Integer> outcomes = new TreeMap<>();
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            for (int i = 0; i < TREES; i++) {
                Random random = new Random(seed + i);
                Node root = new Node(null, "", null, new TreeMap<>());
                Path outer = Files.createDirectory(host.resolve("outer" + i));
                Path inner = Files.createDirectory(host.resolve("inner" + i));
                fill(root, outer, random, 3);
                Node mounted = add(root, MOUNT_POINT, null, new TreeMap<>());
                fill(mounted, inner, random, 2);
                KernelProcess process = kernel.createProcess(ProcessSpec.named("fuzz")
                        .mount("/", outer, Access.READ_WRITE)
                        .mount("/" + MOUNT_POINT, inner, Access.READ_ONLY)
                        .grant(Capability.READ_FILE)
                        .build());
                for (int j = 0; j < PATHS; j++) {
                    String path = path(random) + (random.nextInt(6) == 0 ? "/" : "");
                    String expected = new Model(root).resolve(path);
                    assertThat(stat(process, path))
                            .as("seed %d, tree %d, path %s", seed, i, path)
                            .isEqualTo(expected);
                    outcomes.merge(expected.startsWith("/") ? "found" : expected, 1, Integer::sum);
                }
                process.terminate();
                delete(outer);
                delete(inner);
            }
        }
        System.out.println(outcomes);
        assertThat(outcomes).containsKeys("found", "NOT_FOUND", "NOT_A_DIRECTORY", "TOO_MANY_LINKS");
    }

    @Test
    void noPathLeadsToWhatIsBlockedOrHidden() throws IOException {
        long seed = Long.getLong("syscallkernel.fuzz.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        Map<String, Integer> outcomes = new TreeMap<>();
        try (SyscallKernel kernel = LocalKernel.builder().build()) {
            for (int i = 0; i < TREES / 2; i++) {
                Random random = new Random(seed + i);
                Node root = new Node(null, "", null, new TreeMap<>());
                Path outer = Files.createDirectory(host.resolve("ruled" + i));
                fill(root, outer, random, 3);
                Files.createFile(outer.resolve(HIDDEN));
                Files.createSymbolicLink(outer.resolve("h"), Path.of(HIDDEN));
                KernelProcess process = kernel.createProcess(ProcessSpec.named("fuzz")
                        .mount("/", outer, Access.READ_WRITE)
                        .sandbox(Sandbox.NOTHING
                                .withCapabilities(Set.of(Capability.READ_FILE))
                                .withBlockedPaths("/a"))
                        .build());
                for (int j = 0; j < PATHS; j++) {
                    String plain = path(random);
                    String path = random.nextBoolean() ? plain : mutated(plain, random);
                    String found = stat(process, path);
                    String context = "seed " + seed + ", tree " + i + ", path " + path + " gave " + found;
                    if (found.startsWith("/")) {
                        assertThat(isBlocked(found) || found.contains(".sk-"))
                                .as(context)
                                .isFalse();
                    } else {
                        assertThat(REFUSALS).as(context).contains(found);
                    }
                    if (path.equals(plain)) {
                        String expected = new Model(root).resolve(plain);
                        if (expected.startsWith("/") && !found.equals(expected)) { // also where it only leads through
                            assertThat(found).as(context).isEqualTo("PERMISSION_DENIED");
                        }
                    }
                    outcomes.merge(found.startsWith("/") ? "found" : found, 1, Integer::sum);
                }
                process.terminate();
                delete(outer);
            }
        }
        System.out.println(outcomes);
        assertThat(outcomes).containsKeys("found", "PERMISSION_DENIED", "INVALID_ARGUMENT", "NAME_TOO_LONG");
    }

    private static boolean isBlocked(String path) {
        return path.equals("/a") || path.startsWith("/a/");
    }

    /** With something in it that has a meaning of its own, or none. */
    private static String mutated(String path, Random random) {
        int at = random.nextInt(path.length() + 1);
        return path.substring(0, at) + MUTATIONS.get(random.nextInt(MUTATIONS.size())) + path.substring(at);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static String stat(KernelProcess process, String path) {
        try {
            return process.execute(new StatFile(path)).path();
        } catch (SyscallException failure) {
            return failure.code().toString();
        }
    }

    /** The same in the model and on the disk. */
    private static void fill(Node directory, Path host, Random random, int depth) throws IOException {
        for (String name : NAMES) {
            Path path = host.resolve(name);
            switch (random.nextInt(depth > 0 ? 6 : 4)) {
                case 0 -> {
                    add(directory, name, null, null);
                    Files.createFile(path);
                }
                case 1, 2 -> {
                    String text = path(random);
                    add(directory, name, text, null);
                    Files.createSymbolicLink(path, Path.of(text));
                }
                case 4, 5 -> {
                    Files.createDirectory(path);
                    fill(add(directory, name, null, new TreeMap<>()), path, random, depth - 1);
                }
                default -> {} // nothing has this name
            }
        }
    }

    private static Node add(Node parent, String name, @Nullable String linkText, @Nullable Map<String, Node> entries) {
        Node node = new Node(parent, name, linkText, entries);
        if (parent.entries != null) {
            parent.entries.put(name, node);
        }
        return node;
    }

    private static String path(Random random) {
        List<String> components = new ArrayList<>();
        for (int i = random.nextInt(5); i >= 0; i--) {
            int choice = random.nextInt(12);
            components.add(
                    switch (choice) {
                        case 0, 1 -> "..";
                        case 2 -> ".";
                        case 3 -> MOUNT_POINT;
                        default -> NAMES.get(choice % NAMES.size());
                    });
        }
        return (random.nextBoolean() ? "/" : "") + String.join(random.nextInt(8) == 0 ? "//" : "/", components);
    }
}
