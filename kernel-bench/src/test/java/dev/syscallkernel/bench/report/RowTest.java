package dev.syscallkernel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowTest {
    @Test
    void allGoalsOfARowMustBeMet() {
        Row row = Row.of("read", Map.of(), new Figure(1.0, "GB/s")).beside(new Figure(0.5, "GB/s"), 2);
        assertThat(row.met()).isEmpty();
        assertThat(row.speedAtLeast(1.5).atLeast(0.9).met()).contains(true);
        assertThat(row.speedAtLeast(1.5).atLeast(1.2).met()).contains(false);
        assertThat(row.speedAtLeast(2.5).atLeast(0.9).met()).contains(false);
        assertThat(row.atMost(0.9).met()).contains(false);
        assertThat(row.speedAtLeast(2.5).atLeast(1.2).goal()).isEqualTo("≥ 2.5 × the speed, ≥ 1.20 GB/s");
    }

    @Test
    void aFailureBreaksNoTable() {
        Row row = Row.failed("x", Map.of(), "a | b\nc");
        assertThat(ReportFiles.table(List.of(row)).lines().skip(2))
                .containsExactly("| x |  | – | – | – | failed: a b c | **no** |");
        assertThat(row.met()).contains(false);
    }

    @Test
    void figuresHaveThreeDigitsAndTheirError() {
        assertThat(new Figure(1234.5, "ops/s")).hasToString("1,230 ops/s");
        assertThat(new Figure(0.123456, 0.0333, "s")).hasToString("0.123 ± 0.033 s");
    }

    @Test
    void growthIsTheSlopeOnLogarithmicAxes() {
        assertThat(growth(1).exponent()).isCloseTo(1, within(1e-9));
        assertThat(growth(1).describe()).contains("linear in n");
        assertThat(growth(0).describe()).contains("constant in n");
        assertThat(growth(2).describe()).contains("grows as n^2.00");
    }

    @Test
    void twoSizesAreNoGrowth() {
        assertThat(Growth.in(rows(1).subList(0, 2))).isEmpty();
    }

    private static Growth growth(int power) {
        return Growth.in(rows(power)).get(0);
    }

    private static List<Row> rows(int power) {
        return IntStream.of(1, 10, 100)
                .mapToObj(n -> Row.of("x", Map.of("n", "" + n), new Figure(7 * Math.pow(n, power), "ms")))
                .toList();
    }
}
