/** What happened in a kernel, for whoever listens. */
@NullMarked
package dev.syscallkernel.event;

import org.jspecify.annotations.NullMarked;
