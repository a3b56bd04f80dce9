package dev.syscallkernel.local.child;

import dev.syscallkernel.local.fs.FileTree;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A program about to be started, all of it checked.
 *
 * @param arguments the program as it finds itself, and its arguments
 * @param environment all its variables
 * @param directory where it starts, as it finds it
 * @param bindings the mounts that it sees, each at the path where it sees it, outer ones first
 * @param limits what it may use; zeros for no limit
 * @param niceness 0 to 19
 * @param network whether it has the host's network
 * @param input whether something will be written to its standard input
 */
record Plan(
        List<String> arguments,
        Map<String, String> environment,
        String directory,
        List<FileTree.Binding> bindings,
        Limits limits,
        int niceness,
        boolean network,
        boolean input) {

    /** What the operating system enforces, in its units. */
    record Limits(long memoryBytes, long cpuSeconds, int processes, int descriptors, long fileSizeBytes) {}

    /**
     * What to run.
     *
     * @param command the launcher's command line
     * @param environment that of the launcher itself
     * @param options what the launcher reads from a file, because others must not see it; may be empty
     */
    record Launch(List<String> command, Map<String, String> environment, Path directory, List<String> options) {}
}
