package dev.syscallkernel.bench.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * A number with its unit, shown with three significant digits.
 *
 * @param error how far the true mean may be off, with a confidence of 99.9 %; 0 if nobody knows
 */
public record Figure(double value, double error, String unit) {
    /** A figure of which no error is known. */
    public Figure(double value, String unit) {
        this(value, 0, unit);
    }

    @Override
    public String toString() {
        String shown = round(value);
        if (error > 0 && Double.isFinite(error)) {
            shown += " ± " + new BigDecimal(error).round(new MathContext(2)).toPlainString();
        }
        return shown + " " + unit;
    }

    static String round(double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
        return rounded.abs().compareTo(BigDecimal.valueOf(1000)) >= 0
                ? String.format(Locale.ROOT, "%,d", rounded.longValue())
                : rounded.toPlainString();
    }
}
