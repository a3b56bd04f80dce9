/** The one way of every syscall: checks, interceptors, handler, event. */
@NullMarked
package dev.syscallkernel.local.syscall;

import org.jspecify.annotations.NullMarked;
