package dev.syscallkernel.grpc.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A length of time, as people write it. */
record TimeSpan(Duration duration) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
    private static final Map<String, Duration> UNITS = Map.of(
            "ms", Duration.ofMillis(1),
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1));

    /** @throws TypeConversionException if the text is none */
    static TimeSpan parse(String text) {
        Matcher form = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!form.matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is no length of time; accepted are forms like 500ms, 30s, 10m, 1h and 2d");
        }
        Duration unit = UNITS.getOrDefault(form.group(2), Duration.ZERO);
        return new TimeSpan(unit.multipliedBy(Long.parseLong(form.group(1))));
    }
}
