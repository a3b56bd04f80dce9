/** Syscalls that go on by themselves: which one is next, what becomes of each, and who hears of it. */
@NullMarked
package dev.syscallkernel.local.task;

import org.jspecify.annotations.NullMarked;
