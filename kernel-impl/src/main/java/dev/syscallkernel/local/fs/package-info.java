/** The virtual file tree of a process: mounts, path resolution that no race can lead astray, and the file operations. */
@NullMarked
package dev.syscallkernel.local.fs;

import org.jspecify.annotations.NullMarked;
