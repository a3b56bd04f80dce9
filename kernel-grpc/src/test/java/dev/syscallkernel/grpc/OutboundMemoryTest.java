package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OutboundMemoryTest {
    private static final int CHUNK = 64 << 10;

    private final OutboundMemory memory = new OutboundMemory(128L << 20);

    @Test
    void aFewStreamsMayRunAheadAndManyLess() {
        assertThat(memory.join(CHUNK)).isEqualTo(4 * CHUNK);
        assertThat(memory.join(1 << 20)).isEqualTo(2 << 20);
        int last = 0;
        long all = 0;
        for (int i = 2; i < 900; i++) {
            last = memory.join(CHUNK);
            all += last;
        }
        assertThat(last).isBetween(1, CHUNK);
        assertThat(all).isLessThan(64 << 20);
    }

    @Test
    void aStreamWithoutRoomIsRefusedUntilAnotherOneEnds() {
        for (int i = 0; i < 16; i++) {
            assertThat(memory.join(4 << 20)).isPositive();
        }
        assertThatThrownBy(() -> memory.join(1024))
                .hasMessageContaining("smaller chunks")
                .hasMessageContaining("RESOURCE_EXHAUSTED");
        memory.leave(4 << 20);
        assertThat(memory.join(4 << 20)).isPositive();
    }
}
