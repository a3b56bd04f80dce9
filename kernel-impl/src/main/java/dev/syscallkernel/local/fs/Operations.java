package dev.syscallkernel.local.fs;

import java.time.Instant;

/** The operations on one view of a file tree. */
record Operations(Reading reading, Changing changing, Writing writing, Directories directories, Moving moving) {

    static Operations on(
            Lookup lookup,
            FileOpener opener,
            MountTable mounts,
            Instant since,
            Isolation isolation,
            FileOperations host) {
        return new Operations(
                new Reading(lookup, opener, mounts, since),
                new Changing(lookup, opener),
                new Writing(lookup, opener, isolation, host),
                new Directories(lookup),
                new Moving(lookup, opener));
    }
}
