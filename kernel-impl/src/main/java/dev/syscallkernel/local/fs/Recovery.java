package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.local.fs.RecoveryReport.Action;
import dev.syscallkernel.local.fs.RecoveryReport.Recovered;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Ends what a former kernel left unfinished, before the next one serves: transactions that did not come to be carried
 * out are dropped, complete ones are cleaned up after, all others are undone. It may be killed at any point, and be done
 * again. Used by one thread.
 */
final class Recovery {
    private static final System.Logger LOG = System.getLogger(Recovery.class.getName());
    private static final byte[] NOTHING = {};

    /** Opens directories of the host. */
    interface Opener {
        DirectoryHandle open(Path path) throws IOException;
    }

    private final FileOperations operations;
    private final Journal journal;
    private final Opener opener;
    private final Path scratch;
    private final Set<String> accepted;
    private final Map<String, Trail> trails = new LinkedHashMap<>();
    private final Map<String, DirectoryHandle> roots = new HashMap<>();

    /** What the journal says of one transaction. */
    private static final class Trail {
        private final Set<String> stages = new LinkedHashSet<>();
        private @Nullable ByteBuffer plan;
        private JournalEntry.@Nullable Type end;
    }

    /**
     * @param scratch beneath it, directories do not outlive their kernel
     * @param accepted the transactions whose files are taken as they are
     */
    Recovery(FileOperations operations, Journal journal, Opener opener, Path scratch, Set<String> accepted) {
        this.operations = operations;
        this.journal = journal;
        this.opener = opener;
        this.scratch = scratch;
        this.accepted = accepted;
    }

    RecoveryReport run() throws IOException {
        for (JournalEntry entry : journal.load()) {
            note(entry);
        }
        List<Recovered> recovered = new ArrayList<>();
        try {
            for (Map.Entry<String, Trail> trail : trails.entrySet()) {
                end(trail.getKey(), trail.getValue()).ifPresent(recovered::add);
            }
            for (DirectoryHandle root : roots.values()) {
                operations.forceDirectory(root); // What is forgotten must be gone.
            }
        } finally {
            roots.values().forEach(DirectoryHandle::close);
        }
        RecoveryReport report = new RecoveryReport(recovered);
        if (report.doubts().isEmpty()) {
            journal.clear();
        } else {
            journal.keep();
        }
        return report;
    }

    private void note(JournalEntry entry) {
        Trail trail = trails.computeIfAbsent(entry.transaction(), id -> new Trail());
        switch (entry.type()) {
            case STAGE ->
                trail.stages.add(UTF_8.decode(entry.payload().duplicate()).toString());
            case PREPARED -> trail.plan = entry.payload();
            case COMMIT, ABORT -> trail.end = entry.type();
        }
    }

    /** Ends a transaction; answers nothing if nothing was left to be done. */
    private Optional<Recovered> end(String id, Trail trail) throws IOException {
        Plan plan = trail.plan == null ? null : Plan.decode(trail.plan);
        List<String> missing = open(trail, plan);
        Folders folders = plan == null ? null : new Folders(plan, roots, id);
        List<Path> paths = plan == null || folders == null
                ? List.of()
                : plan.changes().stream()
                        .map(change -> folders.path(change.place()))
                        .toList();
        if (plan != null && folders != null && trail.end == null && !accepted.contains(id)) {
            List<Path> unreachable = missing.stream().map(Path::of).toList();
            List<Path> doubts = unreachable.isEmpty() ? undo(id, plan, folders) : unreachable;
            if (!doubts.isEmpty()) {
                LOG.log(Level.ERROR, "The atomic batch {0} is in doubt: {1}", id, doubts);
                return Optional.of(new Recovered(id, Action.IN_DOUBT, doubts));
            }
        }
        boolean removed = removeStages(id, trail);
        boolean ended = trail.end != null || (plan == null && !removed);
        return ended && !removed ? Optional.empty() : Optional.of(new Recovered(id, action(id, trail), paths));
    }

    private boolean removeStages(String id, Trail trail) throws IOException {
        boolean found = false;
        Name name = HiddenNames.stage(FileSystems.getDefault(), id);
        for (String stage : trail.stages) {
            DirectoryHandle root = roots.get(stage);
            if (root != null && root.find(name) != null) {
                Stage.remove(operations, root, name);
                found = true;
            }
        }
        return found;
    }

    private List<Path> undo(String id, Plan plan, Folders folders) throws IOException {
        Undo undo = new Undo(operations, plan, folders);
        List<Path> doubts = undo.run();
        if (doubts.isEmpty()) {
            undo.force();
            journal.append(JournalEntry.Type.ABORT, id, NOTHING, true);
        }
        return doubts;
    }

    private Action action(String id, Trail trail) {
        if (trail.end == JournalEntry.Type.COMMIT) {
            return Action.COMPLETE;
        }
        if (accepted.contains(id)) {
            return Action.ACCEPTED;
        }
        return trail.plan == null ? Action.DROPPED : Action.UNDONE;
    }

    /** Opens the roots of mounts that a transaction concerns. Answers those that are not there, or are others. */
    private List<String> open(Trail trail, @Nullable Plan plan) throws IOException {
        Set<String> wanted = new LinkedHashSet<>(trail.stages);
        Map<String, String> identities = new HashMap<>();
        if (plan != null) {
            plan.folders().stream().filter(Plan.Folder::isRoot).forEach(root -> {
                wanted.add(root.hostPath());
                identities.put(root.hostPath(), root.inode());
            });
        }
        List<String> missing = new ArrayList<>();
        for (String path : wanted) {
            DirectoryHandle root = root(path);
            String identity = identities.get(path);
            boolean isOther = root != null
                    && identity != null
                    && !identity.equals(FileId.ofPresent(root.attributes()).inode());
            if ((root == null || isOther) && !Path.of(path).startsWith(scratch)) {
                missing.add(path);
            }
        }
        return missing;
    }

    private @Nullable DirectoryHandle root(String path) throws IOException {
        DirectoryHandle known = roots.get(path);
        if (known != null) {
            return known;
        }
        try {
            DirectoryHandle opened = opener.open(Path.of(path));
            roots.put(path, opened);
            return opened;
        } catch (NoSuchFileException | NotDirectoryException missing) {
            return null;
        }
    }
}
