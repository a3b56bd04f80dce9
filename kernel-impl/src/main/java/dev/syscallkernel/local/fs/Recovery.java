package dev.syscallkernel.local.fs;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.syscallkernel.local.fs.RecoveryReport.Action;
import dev.syscallkernel.local.fs.RecoveryReport.Recovered;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
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
        private @Nullable BitSet doubtful; // the steps that were not undone before
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
        this.scratch = real(scratch);
        this.accepted = accepted;
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException missing) {
            return directory.toAbsolutePath();
        }
    }

    /** @throws IOException if the journal cannot be read: whatever it says, the kernel starts */
    RecoveryReport run() throws IOException {
        journal.load(this::note);
        List<Recovered> recovered = new ArrayList<>();
        try {
            for (Map.Entry<String, Trail> trail : trails.entrySet()) {
                end(trail.getKey(), trail.getValue()).ifPresent(recovered::add);
            }
            forget();
        } finally {
            roots.values().forEach(DirectoryHandle::close);
        }
        return new RecoveryReport(recovered);
    }

    private void note(JournalEntry entry) {
        Trail trail = trails.computeIfAbsent(entry.transaction(), id -> new Trail());
        switch (entry.type()) {
            case STAGE ->
                trail.stages.add(UTF_8.decode(entry.payload().duplicate()).toString());
            case PREPARED -> trail.plan = entry.payload();
            case RESOLVED -> trail.doubtful = BitSet.valueOf(entry.payload().duplicate());
            case COMMIT, ABORT -> trail.end = entry.type();
        }
    }

    /** Forgets what is over. */
    private void forget() {
        try {
            journal.clear();
        } catch (IOException failure) {
            journal.poison(failure);
        }
    }

    /** Ends a transaction; answers nothing if nothing was left to be done. What goes wrong with it concerns no other. */
    private Optional<Recovered> end(String id, Trail trail) {
        List<Path> all = trail.stages.stream().map(Path::of).toList();
        Action action = action(trail);
        try {
            Plan plan;
            try {
                plan = plan(trail);
            } catch (IOException unreadable) {
                open(trail, null);
                if (accepted.contains(id)) {
                    return Optional.of(accept(id, trail, all));
                }
                throw unreadable;
            }
            List<Path> missing = open(trail, plan);
            Folders folders = plan == null ? null : new Folders(plan, roots, scratch, id);
            if (plan != null && folders != null) {
                all = plan.changes().stream()
                        .map(change -> folders.path(change.place()))
                        .toList();
            }
            if (plan != null && folders != null && trail.end == null) {
                List<Path> doubts = missing.isEmpty() ? undo(id, trail, plan, folders) : missing;
                if (!doubts.isEmpty() && !accepted.contains(id)) {
                    LOG.log(Level.ERROR, "The atomic batch {0} is in doubt: {1}", id, doubts);
                    return Optional.of(new Recovered(id, Action.IN_DOUBT, doubts));
                }
                if (!doubts.isEmpty()) {
                    return Optional.of(accept(id, trail, doubts));
                }
            }
            boolean removed = removeStages(id, trail);
            journal.forget(id);
            boolean ended = trail.end != null || (plan == null && !removed);
            return ended && !removed ? Optional.empty() : Optional.of(new Recovered(id, action, all));
        } catch (IOException | RuntimeException failure) {
            boolean certain = trail.end != null || trail.plan == null;
            LOG.log(Level.ERROR, "The rest of the atomic batch " + id + " cannot be dealt with", failure);
            return Optional.of(new Recovered(id, certain ? action : Action.IN_DOUBT, all));
        }
    }

    /** The plan, or null if there is none; of what has ended it need not be understood. */
    private static @Nullable Plan plan(Trail trail) throws IOException {
        if (trail.plan == null) {
            return null;
        }
        try {
            return Plan.decode(trail.plan);
        } catch (IOException unreadable) {
            if (trail.end == null) {
                throw unreadable;
            }
            return null;
        }
    }

    /** Leaves files as they are, and loses nothing that somebody may miss. */
    private Recovered accept(String id, Trail trail, List<Path> doubts) throws IOException {
        journal.append(JournalEntry.Type.COMMIT, id, NOTHING, true); // before anything is removed
        List<Path> paths = new ArrayList<>(doubts);
        for (String path : trail.stages) {
            DirectoryHandle root = roots.get(path);
            if (root != null) {
                Name kept = Stage.reveal(operations, root, HiddenNames.stage(FileSystems.getDefault(), id), id);
                if (kept != null) {
                    paths.add(Path.of(path).resolve(kept.path()));
                }
            }
        }
        journal.forget(id);
        return new Recovered(id, Action.ACCEPTED, paths);
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

    private List<Path> undo(String id, Trail trail, Plan plan, Folders folders) throws IOException {
        BitSet wanted = trail.doubtful == null ? Undo.allSteps(plan) : trail.doubtful;
        Undo undo = new Undo(operations, plan, folders, wanted);
        undo.run();
        try {
            undo.force();
        } catch (IOException failure) {
            journal.poison(failure);
            throw failure;
        }
        if (undo.doubts().isEmpty()) {
            journal.append(JournalEntry.Type.ABORT, id, NOTHING, true);
        } else if (!undo.doubtful().equals(trail.doubtful)) {
            // From now on, others may change the rest.
            journal.append(JournalEntry.Type.RESOLVED, id, undo.doubtful().toByteArray(), true);
        }
        return undo.doubts();
    }

    private static Action action(Trail trail) {
        if (trail.end == JournalEntry.Type.COMMIT) {
            return Action.COMPLETE;
        }
        return trail.plan == null && trail.end == null ? Action.DROPPED : Action.UNDONE;
    }

    /** Opens the roots of mounts that a transaction concerns. Answers those that are not there, or are others. */
    private List<Path> open(Trail trail, @Nullable Plan plan) throws IOException {
        Set<String> wanted = new LinkedHashSet<>(trail.stages);
        Map<String, String> identities = new HashMap<>();
        if (plan != null) {
            plan.folders().stream().filter(Plan.Folder::isRoot).forEach(root -> {
                wanted.add(root.hostPath());
                identities.put(root.hostPath(), root.inode());
            });
        }
        List<Path> missing = new ArrayList<>();
        for (String path : wanted) {
            DirectoryHandle root = root(path);
            String identity = identities.get(path);
            boolean isOther = root != null
                    && identity != null
                    && !identity.equals(FileId.ofPresent(root.attributes()).inode());
            if ((root == null || isOther) && !Path.of(path).startsWith(scratch)) {
                missing.add(Path.of(path));
            }
        }
        return missing;
    }

    private @Nullable DirectoryHandle root(String path) {
        DirectoryHandle known = roots.get(path);
        if (known != null) {
            return known;
        }
        try {
            DirectoryHandle opened = opener.open(Path.of(path));
            roots.put(path, opened);
            return opened;
        } catch (IOException unreachable) {
            LOG.log(Level.WARNING, "A directory with the rest of an atomic batch cannot be opened", unreachable);
            return null;
        }
    }
}
