/** Tests of tasks and of their scheduling. */
@NullMarked
package dev.syscallkernel.local.task;

import org.jspecify.annotations.NullMarked;
