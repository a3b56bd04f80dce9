/** Benchmarks of chunking and batching, each with its baseline in the same run. */
@NullMarked
package dev.syscallkernel.bench;

import org.jspecify.annotations.NullMarked;
