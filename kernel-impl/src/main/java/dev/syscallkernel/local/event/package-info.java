/** Carries events to subscribers without ever waiting for them. */
@NullMarked
package dev.syscallkernel.local.event;

import org.jspecify.annotations.NullMarked;
