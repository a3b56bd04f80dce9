/** Streams on files. */
@NullMarked
package dev.syscallkernel.local.stream;

import org.jspecify.annotations.NullMarked;
