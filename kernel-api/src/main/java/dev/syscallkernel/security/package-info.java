/** What a process may do: capabilities, levels and path rules. */
@NullMarked
package dev.syscallkernel.security;

import org.jspecify.annotations.NullMarked;
