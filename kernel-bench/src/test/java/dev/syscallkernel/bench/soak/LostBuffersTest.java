package dev.syscallkernel.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class LostBuffersTest {
    @Test
    void whatIsReleasedIsNotLostAndWhatIsDroppedIs() throws InterruptedException {
        LostBuffers.watch();
        long before = LostBuffers.count();

        use().release();
        assertThat(LostBuffers.count()).isEqualTo(before);

        use();
        assertThat(LostBuffers.count()).isEqualTo(before + 1);
    }

    private static ByteBuf use() {
        return PooledByteBufAllocator.DEFAULT.directBuffer(100).writeInt(1);
    }
}
