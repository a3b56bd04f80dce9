package dev.syscallkernel.grpc;

import java.time.Duration;
import java.time.Instant;

/** Text, times and unsigned numbers between Java, which has no unsigned types, and the wire. */
final class WireValues {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private WireValues() {}

    /**
     * The text as it is. Protobuf would silently replace an unpaired surrogate, and a path would name another file.
     *
     * @throws IllegalArgumentException if it cannot be encoded
     */
    static String text(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    throw new IllegalArgumentException(
                            "the text has an unpaired surrogate, which UTF-8 cannot express");
                }
                i++;
            }
        }
        return text;
    }

    /** An unsigned number as a positive {@code int}, or the greatest one if it is too large. */
    static int saturated(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    /** An unsigned number as a positive {@code long}, or the greatest one if it is too large. */
    static long saturated(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    /** @throws IllegalArgumentException if the unsigned number is 2^63 or more */
    static long positive(long unsigned, String name) {
        if (unsigned < 0) {
            throw new IllegalArgumentException(
                    name + " is too large: " + Long.toUnsignedString(unsigned) + "; at most " + Long.MAX_VALUE);
        }
        return unsigned;
    }

    /** In whole milliseconds, rounded up: nobody waits for less than he asked for. */
    static long millisRoundedUp(Duration duration) {
        if (duration.compareTo(Duration.ofMillis(Long.MAX_VALUE - 1)) >= 0) {
            return Long.MAX_VALUE;
        }
        return duration.plusNanos(999_999).toMillis();
    }

    /** Nanoseconds since the epoch, as an unsigned number: it lasts until 2554. */
    static long nanos(Instant time) {
        return time.getEpochSecond() * NANOS_PER_SECOND + time.getNano();
    }

    static Instant instantOfNanos(long unsigned) {
        return Instant.ofEpochSecond(
                Long.divideUnsigned(unsigned, NANOS_PER_SECOND), Long.remainderUnsigned(unsigned, NANOS_PER_SECOND));
    }

    /** The longest duration that {@link Duration#toNanos()} can tell, where the given one is longer. */
    static long nanos(Duration duration) {
        Duration longest = Duration.ofNanos(Long.MAX_VALUE);
        return duration.compareTo(longest) > 0 ? Long.MAX_VALUE : duration.toNanos();
    }
}
