/** Files and directories: the syscalls, what they answer, and the mounts they work in. */
@NullMarked
package dev.syscallkernel.fs;

import org.jspecify.annotations.NullMarked;
