package dev.syscallkernel.local.task;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IndexedHeapTest {
    private static final class Entry extends HeapNode {
        private int value;

        private Entry(int value) {
            this.value = value;
        }

        @Override
        boolean precedes(HeapNode other) {
            return value < ((Entry) other).value;
        }
    }

    private static @Nullable Entry poll(IndexedHeap<Entry> heap) {
        Entry first = heap.first();
        if (first != null) {
            heap.remove(first);
        }
        return first;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void whateverIsAddedChangedAndRemovedTheLeastComesOutFirst(long seed) {
        Random random = new Random(seed);
        IndexedHeap<Entry> heap = new IndexedHeap<>();
        List<Entry> model = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(6)) {
                case 0, 1, 2 -> {
                    Entry added = new Entry(random.nextInt(1000));
                    heap.add(added);
                    model.add(added);
                }
                case 3 -> {
                    if (!model.isEmpty()) {
                        Entry removed = model.remove(random.nextInt(model.size()));
                        assertThat(heap.remove(removed)).isTrue();
                        assertThat(heap.remove(removed)).isFalse();
                    }
                }
                case 4 -> {
                    if (!model.isEmpty()) {
                        Entry changed = model.get(random.nextInt(model.size()));
                        changed.value = random.nextInt(1000);
                        heap.settle(changed);
                    }
                }
                default -> {
                    Entry first = poll(heap);
                    if (model.isEmpty()) {
                        assertThat(first).isNull();
                    } else {
                        Entry least = model.stream()
                                .min(Comparator.comparingInt(entry -> entry.value))
                                .orElseThrow();
                        assertThat(requireNonNull(first).value).isEqualTo(least.value);
                        model.remove(first);
                    }
                }
            }
            assertThat(heap.isEmpty()).isEqualTo(model.isEmpty());
            if (model.size() > 500) {
                for (int n = 0; n < 450; n++) {
                    model.remove(requireNonNull(poll(heap)));
                }
            }
        }
    }
}
