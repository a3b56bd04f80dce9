/** Checks what a process is to be granted. */
@NullMarked
package dev.syscallkernel.local.security;

import org.jspecify.annotations.NullMarked;
