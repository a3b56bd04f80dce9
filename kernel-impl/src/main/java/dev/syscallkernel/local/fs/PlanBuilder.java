package dev.syscallkernel.local.fs;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.local.fs.Node.Planned;
import dev.syscallkernel.local.fs.Node.Spot;
import dev.syscallkernel.local.fs.Plan.Change;
import dev.syscallkernel.local.fs.Plan.Folder;
import dev.syscallkernel.local.fs.Plan.Place;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out what a transaction changes in the end, whatever happened in between, and prepares the stage for it. */
final class PlanBuilder {
    private final Transaction transaction;
    private final Map<Node, Spot> slots = new LinkedHashMap<>(); // of the directories that will be in the stage
    private final List<Node> displaced = new ArrayList<>();
    private final Map<Node, Spot> placed = new LinkedHashMap<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<Node> folders = new ArrayList<>();
    private final Map<Node, Integer> indices = new HashMap<>();
    private final Set<Object> mounted = new HashSet<>(); // the keys of directories that have to stay; once needed

    /** A name that will stand for another file. */
    private record Pending(
            Spot place,
            @Nullable FileId before,
            @Nullable Spot backup,
            @Nullable FileId after,
            @Nullable Spot original,
            @Nullable Spot fresh) {}

    PlanBuilder(Transaction transaction) {
        this.transaction = transaction;
    }

    Plan build() throws IOException {
        for (Node node : List.copyOf(transaction.nodes())) {
            if (!node.changes().isEmpty() && !isGone(node)) {
                for (Planned planned : node.changes().values()) {
                    compare(node, planned);
                }
            }
        }
        displaced.sort(Comparator.comparing(PlanBuilder::depth).reversed());
        List<Node> last = new ArrayList<>(placed.keySet());
        last.sort(Comparator.comparing(this::finalDepth));
        List<Change> changes = new ArrayList<>();
        for (Pending change : pending) {
            changes.add(new Change(
                    place(change.place),
                    change.before,
                    placeOrNull(change.backup),
                    change.after,
                    placeOrNull(change.fresh)));
        }
        List<Integer> first = numbers(displaced);
        List<Integer> third = numbers(last);
        List<Folder> all = folders();
        requireText();
        return new Plan(all, first, changes, third);
    }

    /** Whether it is a directory that the transaction made and removed again. */
    private static boolean isGone(Node node) throws IOException {
        Spot place = node.place();
        return place != null && node.isNew() && place.directory().handle().find(place.name()) == null;
    }

    private void compare(Node node, Planned planned) throws IOException {
        Spot place = new Spot(node, planned.name());
        Spot source = planned.spot();
        if (place.equals(source)) {
            return;
        }
        BasicFileAttributes before = node.handle().find(planned.name());
        BasicFileAttributes after =
                source == null ? null : source.directory().handle().find(source.name());
        if (source != null && after == null) {
            throw new SwappedException(null);
        }
        if (before != null && before.isDirectory()) {
            displace(transaction.node(before, place), before.fileKey());
        }
        if (after != null && source != null && after.isDirectory()) {
            place(transaction.node(after, source), after.fileKey(), place);
        }
        compareFiles(place, file(before), file(after), source);
    }

    private static @Nullable FileId file(@Nullable BasicFileAttributes attributes) {
        return attributes == null || attributes.isDirectory() ? null : FileId.of(attributes);
    }

    private void displace(Node directory, Object key) throws IOException {
        if (!slots.containsKey(directory)) {
            if (mounted().contains(key)) {
                throw transaction.failure(
                        ErrorCode.INVALID_ARGUMENT,
                        "a directory that the batch would move or remove is the root of a mount, or above one that the"
                                + " batch changes too; move it by itself");
            }
            slots.put(directory, freshSpot(directory));
            displaced.add(directory);
        }
    }

    /** The roots of mounts, and of those with changes also the directories above: nobody would find them again. */
    private Set<Object> mounted() throws IOException {
        if (mounted.isEmpty()) {
            for (Node node : transaction.nodes()) {
                MountedDirectory mount = node.root();
                Path path = mount == null ? null : mount.hostPath();
                while (path != null) {
                    mounted.add(Files.readAttributes(path, BasicFileAttributes.class)
                            .fileKey());
                    path = node.isHeld() ? path.getParent() : null;
                }
            }
        }
        return mounted;
    }

    private void place(Node directory, Object key, Spot place) throws IOException {
        placed.put(directory, place);
        Spot at = directory.place();
        if (directory.isNew() && at != null) {
            slots.put(directory, at);
        } else {
            displace(directory, key);
        }
    }

    private void compareFiles(Spot place, @Nullable FileId before, @Nullable FileId after, @Nullable Spot source)
            throws IOException {
        if (before == null ? after == null : before.isSame(after)) {
            return;
        }
        Spot backup = before == null ? null : freshSpot(place.directory());
        if (after == null || source == null) {
            pending.add(new Pending(place, before, backup, null, null, null));
        } else if (source.directory().stage() == null) {
            pending.add(new Pending(place, before, backup, after, source, freshSpot(source.directory())));
        } else {
            FileId known = after.withDigest(FileDigest.of(source.directory().handle(), source.name(), after));
            pending.add(new Pending(place, before, backup, known, null, source));
        }
    }

    private Spot freshSpot(Node node) throws IOException {
        Stage stage = transaction.stage(node.top());
        return new Spot(stage.node(), stage.fresh());
    }

    private static int depth(Node node) {
        Spot place = node.place();
        return place == null ? 0 : depth(place.directory()) + 1;
    }

    private int finalDepth(Node node) {
        Spot place = placed.getOrDefault(node, node.place());
        return place == null ? 0 : finalDepth(place.directory()) + 1;
    }

    /** Describing a folder may add those that it is in. */
    private List<Folder> folders() {
        List<Folder> all = new ArrayList<>();
        for (int i = 0; i < folders.size(); i++) {
            all.add(folder(folders.get(i)));
        }
        return all;
    }

    private Folder folder(Node node) {
        MountedDirectory mount = node.root();
        if (mount != null) {
            return new Folder(mount.hostPath().toString(), node.inode(), null, null, null);
        }
        return new Folder(
                "",
                node.inode(),
                node.isNew() ? null : placeOrNull(node.place()),
                placeOrNull(slots.get(node)),
                placeOrNull(placed.get(node)));
    }

    private List<Integer> numbers(List<Node> nodes) {
        return nodes.stream().map(this::index).toList();
    }

    private @Nullable Place placeOrNull(@Nullable Spot spot) {
        return spot == null ? null : place(spot);
    }

    /** A place in a stage is one in the folder that the stage is in. */
    private Place place(Spot spot) {
        return new Place(index(spot.directory()), spot.name().text());
    }

    private int index(Node node) {
        Stage stage = node.stage();
        Node folder = stage == null ? node : stage.root();
        Integer known = indices.putIfAbsent(folder, folders.size());
        if (known != null) {
            return known;
        }
        folders.add(folder);
        return folders.size() - 1;
    }

    /** Fails if a name is not made of text: a later kernel could not find it again. */
    private void requireText() throws IOException {
        for (Node folder : folders) {
            Spot place = folder.place();
            if (place != null && !place.name().isDecodable()) {
                throw new CharacterCodingException();
            }
        }
        for (Pending change : pending) {
            if (!change.place.name().isDecodable()) {
                throw new CharacterCodingException();
            }
        }
    }

    /** The nodes of the plan's folders. */
    List<Node> nodes() {
        return folders;
    }

    /** The host's paths of all that changes, but not within new directories, whose own are among them. */
    Set<Path> paths() {
        Set<Path> paths = new HashSet<>();
        displaced.forEach(node -> addPath(node.place(), paths));
        placed.values().forEach(spot -> addPath(spot, paths));
        pending.forEach(change -> addPath(change.place, paths));
        return paths;
    }

    private static void addPath(@Nullable Spot spot, Set<Path> paths) {
        Path path = spot == null ? null : path(spot);
        if (path != null) {
            paths.add(path);
        }
    }

    private static @Nullable Path path(Spot spot) {
        Node directory = spot.directory();
        MountedDirectory mount = directory.root();
        Spot above = directory.place();
        Path parent = mount != null ? mount.hostPath() : above == null ? null : path(above);
        return parent == null ? null : parent.resolve(spot.name().path());
    }

    /** Gives second names in the stage to all files that will be changed or moved. */
    void protect() throws IOException {
        for (Pending change : pending) {
            if (change.backup != null && change.before != null) {
                link(change.place, change.backup, change.before);
            }
            if (change.original != null && change.fresh != null && change.after != null) {
                link(change.original, change.fresh, change.after);
            }
        }
    }

    private void link(Spot file, Spot second, FileId expected) throws IOException {
        DirectoryHandle target = second.directory().handle();
        transaction.operations().link(file.directory().handle(), file.name(), target, second.name());
        if (!expected.isSame(FileId.of(target.find(second.name())))) {
            throw new SwappedException(null);
        }
    }

    /** Waits until the stage with all that is in it is on the device. */
    void force() throws IOException {
        FileOperations operations = transaction.operations();
        for (Pending change : pending) {
            if (change.original == null && change.fresh != null && change.after != null && change.after.kind() == 'f') {
                operations.forceFile(change.fresh.directory().handle(), change.fresh.name());
            }
        }
        for (Stage stage : transaction.stages()) {
            operations.forceDirectory(stage.directory());
        }
    }
}
