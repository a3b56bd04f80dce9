package dev.syscallkernel.contract;

/** Where the one mount of a process is. What {@code ..} and absolute links do depends on it. */
enum Layout {
    /** At {@code /}: a walk cannot leave the mount, for {@code ..} stays at the root. */
    AT_ROOT("/"),
    /** At {@code /w}: a walk can leave the mount. */
    BELOW_ROOT("/w");

    private final String mountPoint;

    Layout(String mountPoint) {
        this.mountPoint = mountPoint;
    }

    String mountPoint() {
        return mountPoint;
    }

    /** The virtual path of something in the mount. */
    String path(String relative) {
        return (this == AT_ROOT ? "" : mountPoint) + "/" + relative;
    }
}
