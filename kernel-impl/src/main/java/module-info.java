/** The kernel in-process: no network, no protobuf. */
module dev.syscallkernel.local {
    requires transitive dev.syscallkernel.api;
    requires static org.jspecify;

    exports dev.syscallkernel.local;
}
