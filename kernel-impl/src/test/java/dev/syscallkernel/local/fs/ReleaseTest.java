package dev.syscallkernel.local.fs;

import static dev.syscallkernel.local.fs.Calls.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.syscallkernel.ErrorCode;
import dev.syscallkernel.SyscallException;
import dev.syscallkernel.fs.Access;
import dev.syscallkernel.fs.Mount;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree is released while others are still inside. */
class ReleaseTest {
    private static final int ROUNDS = 100;

    @TempDir
    private Path host;

    @Test
    void operationsEndUndisturbedAndNoDescriptorStaysOpen() throws Exception {
        Files.createDirectories(host.resolve("w/a/b/c"));
        Files.createSymbolicLink(host.resolve("w/a/link"), Path.of("b"));
        Set<ErrorCode> failures = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                release(threads, failures);
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(failures).containsOnly(ErrorCode.NO_SUCH_PROCESS);
        assertThat(Descriptors.beneath(host)).isZero();
    }

    private void release(ExecutorService threads, Set<ErrorCode> failures) throws Exception {
        FileTree tree = FileTree.open(
                List.of(
                        new Mount.HostDirectory("/w", host.resolve("w"), Access.READ_WRITE),
                        new Mount.HostDirectory("/ro", host.resolve("w"), Access.READ_ONLY)),
                host.resolve("scratch"),
                Transactions.withoutJournal());
        CountDownLatch busy = new CountDownLatch(3);
        List<Future<?>> users = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String name = "f" + i;
            users.add(threads.submit(() -> useUntilItFails(tree, name, busy, failures)));
        }
        assertThat(busy.await(30, TimeUnit.SECONDS)).isTrue();
        tree.release();
        for (Future<?> user : users) {
            user.get(30, TimeUnit.SECONDS);
        }
    }

    private static void useUntilItFails(FileTree tree, String name, CountDownLatch busy, Set<ErrorCode> failures) {
        try {
            while (true) {
                tree.writeFile(call(), "/w/a/b/c/" + name, ByteBuffer.wrap(name.getBytes(UTF_8)));
                assertThat(tree.readFile(call(), "/ro/a/link/c/" + name))
                        .asString(UTF_8)
                        .isEqualTo(name);
                tree.createDirectory(call(), "/w/a/" + UUID.randomUUID());
                assertThat(tree.listDirectory(call(), "/")).hasSize(2);
                busy.countDown();
            }
        } catch (SyscallException failure) {
            failures.add(failure.code());
        }
    }
}
