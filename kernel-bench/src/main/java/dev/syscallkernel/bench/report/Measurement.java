package dev.syscallkernel.bench.report;

import java.util.List;

/** What JMH cannot time: several processes, a cold start, the memory of many waiting tasks. */
public interface Measurement {
    /** What is measured, for the progress on the terminal. */
    String what();

    /**
     * Measures.
     *
     * @param quick whether a rough figure within seconds will do
     */
    List<Row> measure(boolean quick) throws Exception;
}
