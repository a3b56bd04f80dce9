/** Time, the environment of a process, and information about the machine. */
@NullMarked
package dev.syscallkernel.system;

import org.jspecify.annotations.NullMarked;
