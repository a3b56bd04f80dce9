package dev.syscallkernel.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.syscallkernel.stream.StreamSyscall.OpenWriter;
import dev.syscallkernel.stream.WriteOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InboundMemoryTest {
    private static final int CHUNK = 64 << 10;
    private static final int LARGE = 4 << 20;

    private final InboundMemory memory = new InboundMemory(256L << 20);

    private InboundMemory.Share join() {
        return memory.join(new OpenWriter("/f", WriteOptions.DEFAULT));
    }

    private static void pass(InboundMemory.Share share, int size) {
        share.arrived(size);
        share.taken(size);
    }

    @Test
    void howMuchIsAskedForFollowsTheLargestChunkSeen() {
        InboundMemory.Share share = join();
        assertThat(share.ahead()).as("before anything was seen").isEqualTo(1);
        pass(share, 0);
        assertThat(share.ahead()).as("after a message without a chunk").isEqualTo(1);
        pass(share, CHUNK);
        assertThat(share.ahead()).isEqualTo(8);
        pass(share, LARGE);
        assertThat(share.ahead()).isEqualTo(2);
        pass(share, 1);
        assertThat(share.ahead()).as("a small last chunk changes nothing").isEqualTo(2);
    }

    @Test
    void manyStreamsMayAskForLess() {
        List<InboundMemory.Share> shares = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            InboundMemory.Share share = join();
            pass(share, CHUNK);
            shares.add(share);
        }
        assertThat(shares).allSatisfy(share -> assertThat(share.ahead()).isEqualTo(1));
        shares.subList(1, 1000).forEach(InboundMemory.Share::leave);
        assertThat(shares.get(0).ahead()).isEqualTo(8);
    }

    /** One byte, and then as many large chunks as were asked for: from one client, or from many. */
    @Test
    void whatHasComeIsCountedAndRefusedWhereThereIsNoRoom() {
        InboundMemory.Share greedy = join();
        for (int i = 0; i < 64; i++) {
            greedy.arrived(LARGE);
        }
        assertThatThrownBy(() -> greedy.arrived(1)).hasMessageContaining("RESOURCE_EXHAUSTED");
        InboundMemory.Share late = join();
        assertThatThrownBy(() -> late.arrived(1))
                .hasMessageContaining("stream_write /f: ")
                .hasMessageContaining("smaller chunks")
                .hasMessageContaining("RESOURCE_EXHAUSTED");
        late.leave();
        greedy.leave();
        greedy.leave();
        InboundMemory.Share next = join();
        next.arrived(1);
        assertThat(next.ahead()).isEqualTo(8);
    }

    @Test
    void aStreamKeepsTheRoomThatItHasOnceNeeded() {
        InboundMemory.Share first = join();
        pass(first, LARGE);
        InboundMemory.Share other = join();
        for (int i = 0; i < 63; i++) {
            other.arrived(LARGE);
        }
        assertThatThrownBy(() -> other.arrived(1)).hasMessageContaining("RESOURCE_EXHAUSTED");
        pass(first, LARGE);
    }
}
