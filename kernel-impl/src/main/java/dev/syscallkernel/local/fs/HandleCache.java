package dev.syscallkernel.local.fs;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the directories open through which paths led lately, so that a walk need not open them again.
 *
 * <p>This weakens nothing. After opening a directory, a walk requires that its name in the parent's handle still stands
 * for the very directory that was opened. A handle from here is held to the same requirement each time it is used: the
 * attributes just read through the parent's handle must be those of a directory with the same file key. As an open
 * directory's file key cannot pass to another one, it makes no difference when it was opened.
 *
 * <p>Thread-safe.
 */
final class HandleCache {
    private static final int CAPACITY = 32;

    /** All caches together keep no more than this, for each handle takes two descriptors. */
    private static final int TOTAL_CAPACITY = 256;

    private static final AtomicInteger TOTAL = new AtomicInteger();

    /** A handle is itself and nothing else: the key compares parents by identity. */
    private record Key(DirectoryHandle parent, String name) {}

    private final Map<Key, DirectoryHandle> handles = new LinkedHashMap<>(16, 0.75f, true); // guarded by itself
    private boolean closed; // guarded by handles

    /** The open directory that these attributes belong to, for one more user; null if there is none. */
    @Nullable
    DirectoryHandle find(DirectoryHandle parent, Name name, BasicFileAttributes attributes) {
        DirectoryHandle known;
        synchronized (handles) {
            known = handles.get(new Key(parent, name.text()));
        }
        return known != null && known.is(attributes) && known.retain() ? known : null;
    }

    /** Keeps a directory that was just opened and verified; it stays the caller's too. */
    void keep(DirectoryHandle parent, Name name, DirectoryHandle child) {
        if (child.key() == null || !child.retain()) {
            return;
        }
        synchronized (handles) {
            if (closed) {
                child.close();
                return;
            }
            DirectoryHandle replaced = handles.put(new Key(parent, name.text()), child);
            if (replaced == null) {
                TOTAL.incrementAndGet();
            } else {
                replaced.close();
            }
            while (handles.size() > CAPACITY || (TOTAL.get() > TOTAL_CAPACITY && !handles.isEmpty())) {
                closeEldest();
            }
        }
    }

    /** Closes all that is kept, and keeps nothing from now on. */
    void close() {
        synchronized (handles) {
            closed = true;
            TOTAL.addAndGet(-handles.size());
            handles.values().forEach(DirectoryHandle::close);
            handles.clear();
        }
    }

    private void closeEldest() {
        Iterator<DirectoryHandle> eldest = handles.values().iterator();
        eldest.next().close();
        eldest.remove();
        TOTAL.decrementAndGet();
    }
}
