/** The kernel in-process: no network, no protobuf. */
module dev.syscallkernel.local {
    requires transitive dev.syscallkernel.api;
    requires com.github.benmanes.caffeine;
    requires com.google.common;
    requires jdk.management;
    requires static org.jspecify;

    exports dev.syscallkernel.local;
    exports dev.syscallkernel.local.interceptor;
}
