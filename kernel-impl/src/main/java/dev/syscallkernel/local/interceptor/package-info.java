/** How an embedding application audits, vetoes or delays syscalls. */
@NullMarked
package dev.syscallkernel.local.interceptor;

import org.jspecify.annotations.NullMarked;
