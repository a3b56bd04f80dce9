/** Programs of the operating system as child processes: started, confined, streamed, waited for, ended. */
@NullMarked
package dev.syscallkernel.local.child;

import org.jspecify.annotations.NullMarked;
