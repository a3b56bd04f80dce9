/** Syscalls that go on by themselves: submitted, watched, prioritised, cancelled. */
@NullMarked
package dev.syscallkernel.task;

import org.jspecify.annotations.NullMarked;
