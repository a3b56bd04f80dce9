/** Logical processes: how they are described, limited and inspected. */
@NullMarked
package dev.syscallkernel.process;

import org.jspecify.annotations.NullMarked;
