/** Moving any amount of data with one chunk in memory. */
@NullMarked
package dev.syscallkernel.stream;

import org.jspecify.annotations.NullMarked;
