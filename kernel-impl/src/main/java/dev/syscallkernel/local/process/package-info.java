/** Logical processes: what each is, holds, and leaves behind. */
@NullMarked
package dev.syscallkernel.local.process;

import org.jspecify.annotations.NullMarked;
