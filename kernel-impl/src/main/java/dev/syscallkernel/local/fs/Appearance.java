package dev.syscallkernel.local.fs;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a tree looks like from outside its files: which names there are, and the identity, size and time of change of each.
 * Takes the same little memory for a tree of any size, and the order does not matter. Used by one thread.
 */
final class Appearance {
    private static final HashFunction HASH = Hashing.murmur3_128();

    private long entries;
    private long
            sum; // of the hashes: without an order, and unlike with XOR two equal ones do not cancel each other out

    void add(List<Name> names, BasicFileAttributes attributes) {
        Hasher hasher = HASH.newHasher();
        for (Name name : names) {
            hasher.putString(name.text(), StandardCharsets.UTF_8).putChar('/');
        }
        hasher.putLong(attributes.size());
        Object key = attributes.fileKey();
        if (key != null) { // Those that know no identity, such as zip files, also give a renamed file a new time.
            hasher.putString(key.toString(), StandardCharsets.UTF_8)
                    .putLong(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
        }
        entries++;
        sum += hasher.hash().asLong();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Appearance that && entries == that.entries && sum == that.sum;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(sum);
    }
}
