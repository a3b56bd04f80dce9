/** The interfaces and value types of SyscallKernel: all that a program needs to be written against any kernel. */
module dev.syscallkernel.api {
    requires static transitive org.jspecify;

    exports dev.syscallkernel;
    exports dev.syscallkernel.batch;
    exports dev.syscallkernel.event;
    exports dev.syscallkernel.fs;
    exports dev.syscallkernel.process;
    exports dev.syscallkernel.security;
    exports dev.syscallkernel.stream;
    exports dev.syscallkernel.system;
    exports dev.syscallkernel.task;
}
