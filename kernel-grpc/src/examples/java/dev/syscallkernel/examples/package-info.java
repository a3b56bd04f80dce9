/** Small complete programs that use the kernel; each has a {@code main} that takes a directory to work in. */
@NullMarked
package dev.syscallkernel.examples;

import org.jspecify.annotations.NullMarked;
