/** The kernel over gRPC: a server for any kernel, and a client that is a kernel itself. */
@NullMarked
package dev.syscallkernel.grpc;

import org.jspecify.annotations.NullMarked;
