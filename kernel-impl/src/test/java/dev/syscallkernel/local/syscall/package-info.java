/** Tests of the way of every syscall. */
@NullMarked
package dev.syscallkernel.local.syscall;

import org.jspecify.annotations.NullMarked;
