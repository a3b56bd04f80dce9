package dev.syscallkernel.grpc.cli;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes, as people write it. */
record ByteSize(long bytes) {
    private static final Pattern FORM = Pattern.compile("([0-9]+)([a-z]*)");
    private static final Map<String, Long> UNITS = Map.of(
            "", 1L,
            "b", 1L,
            "kb", 1_000L,
            "mb", 1_000_000L,
            "gb", 1_000_000_000L,
            "tb", 1_000_000_000_000L,
            "kib", 1L << 10,
            "mib", 1L << 20,
            "gib", 1L << 30,
            "tib", 1L << 40);

    /** @throws TypeConversionException if the text is none, or too much */
    static ByteSize parse(String text) {
        Matcher form = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        Long unit = form.matches() ? UNITS.get(form.group(2)) : null;
        if (unit != null) {
            try {
                return new ByteSize(Math.multiplyExact(Long.parseLong(form.group(1)), unit.longValue()));
            } catch (ArithmeticException | NumberFormatException tooLarge) {
                // said below
            }
        }
        throw new TypeConversionException("'" + text + "' is no size; accepted are forms like 1GiB, 500MB, 64MiB, 4KiB"
                + " and 65536, up to " + Long.MAX_VALUE + " bytes");
    }

    /** Such as {@code 1.5 GiB}; exact sizes have no decimal. */
    @Override
    public String toString() {
        long unit = 1;
        int index = 0;
        String[] names = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        while (bytes / unit >= 1024) {
            unit <<= 10;
            index++;
        }
        return bytes % unit == 0
                ? bytes / unit + " " + names[index]
                : String.format(Locale.ROOT, "%.1f %s", (double) bytes / unit, names[index]);
    }
}
