/** The kernel as its callers see it: processes that execute typed syscalls. */
@NullMarked
package dev.syscallkernel;

import org.jspecify.annotations.NullMarked;
