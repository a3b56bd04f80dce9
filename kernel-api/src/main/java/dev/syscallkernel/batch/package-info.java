/** Many syscalls in one: in order or in parallel, and all or nothing. */
@NullMarked
package dev.syscallkernel.batch;

import org.jspecify.annotations.NullMarked;
