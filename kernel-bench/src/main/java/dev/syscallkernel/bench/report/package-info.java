/** Runs all benchmarks and measurements, and writes what they say as JSON, as a Markdown table and as charts. */
@NullMarked
package dev.syscallkernel.bench.report;

import org.jspecify.annotations.NullMarked;
