/** One syscall under way: its rules and its cancellation, as every part of the kernel that works for it sees them. */
@NullMarked
package dev.syscallkernel.local.call;

import org.jspecify.annotations.NullMarked;
