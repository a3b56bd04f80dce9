/** The kernel in-process: {@link dev.syscallkernel.local.LocalKernel} and what an embedding application plugs into it. */
@NullMarked
package dev.syscallkernel.local;

import org.jspecify.annotations.NullMarked;
