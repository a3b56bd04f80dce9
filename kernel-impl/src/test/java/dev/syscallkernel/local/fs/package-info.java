/** Tests of the virtual file tree. */
@NullMarked
package dev.syscallkernel.local.fs;

import org.jspecify.annotations.NullMarked;
