package dev.syscallkernel.bench.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** A number with its unit, shown with three significant digits. */
public record Figure(double value, String unit) {
    @Override
    public String toString() {
        return round(value) + " " + unit;
    }

    static String round(double value) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3));
        return rounded.abs().compareTo(BigDecimal.valueOf(1000)) >= 0
                ? String.format("%,d", rounded.longValue())
                : rounded.toPlainString();
    }
}
