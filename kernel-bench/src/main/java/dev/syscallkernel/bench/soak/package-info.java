/** A load of everything at once for as long as one likes, which must leave nothing behind. */
@NullMarked
package dev.syscallkernel.bench.soak;

import org.jspecify.annotations.NullMarked;
