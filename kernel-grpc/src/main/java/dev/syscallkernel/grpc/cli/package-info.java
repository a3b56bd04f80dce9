/** The command line: the server, commands for a kernel that runs elsewhere, and a demonstration. */
@NullMarked
package dev.syscallkernel.grpc.cli;

import org.jspecify.annotations.NullMarked;
