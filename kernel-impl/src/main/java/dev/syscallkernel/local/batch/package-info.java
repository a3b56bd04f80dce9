/** Batches: many calls in one, each of which goes the one way of every syscall. */
@NullMarked
package dev.syscallkernel.local.batch;

import org.jspecify.annotations.NullMarked;
