package dev.syscallkernel.local.child;

import dev.syscallkernel.local.fs.FileTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What runs in the place of a program until the kernel lets the program run. It reports to descriptor 5, as what its
 * mounts turned out to be and that the limits are set, and then waits for a line at the standard input. So nothing runs
 * whose limits are not set, whose mounts somebody has swapped, or that would survive the kernel: one that dies before it
 * has written the line ends the input.
 *
 * <p>The limits are those of the waiting shell, set by a child of its, which they do not hinder in reporting.
 */
final class Gate {
    /** The last line of the report. */
    static final String READY = "ready";

    /** What opens the gate. */
    static final String GO = "go\n";

    /** How a mount is reported: as the JDK writes the key of a file. */
    private static final String IDENTITY = "(dev=%D,ino=%i)";

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*");

    private Gate() {}

    /** Variables that a shell would not hand on as they are. */
    private static boolean isOdd(String name) {
        return !NAME.matcher(name).matches() || name.equals("PWD") || name.equals("OPTIND");
    }

    /** The variables that the gate can be given with its own environment. */
    static Map<String, String> environment(Plan plan) {
        Map<String, String> plain = new LinkedHashMap<>(plan.environment());
        plain.keySet().removeIf(Gate::isOdd);
        return plain;
    }

    /**
     * The command line that waits, and then becomes the program. No two of them are the same, and all have the mark of
     * the {@link Guardian}.
     *
     * @param limits which it sets
     * @param mounts which it reports
     */
    static List<String> command(Plan plan, Plan.Limits limits, List<FileTree.Binding> mounts) {
        String script = "# " + Guardian.MARK + " " + UUID.randomUUID() + "\nunset PWD\n(" + stat(mounts)
                + prlimit(limits) + "echo " + READY
                + ") >&5 2>&1 && read -r go && exec " + oddVariables(plan) + "\"$@\" 5>&-"
                + (plan.input() ? "" : " </dev/null") + "\nexit 1";
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
        command.addAll(plan.arguments());
        return command;
    }

    private static String stat(List<FileTree.Binding> mounts) {
        return mounts.isEmpty()
                ? ""
                : mounts.stream()
                        .map(mount -> quoted(mount.path()))
                        .collect(Collectors.joining(" ", "/usr/bin/stat -c '" + IDENTITY + "' -- ", " && "));
    }

    /** Inside of what confines the program: outside, its processes would count with all of its user's. */
    private static String prlimit(Plan.Limits limits) {
        return "/usr/bin/prlimit --pid $$ --core=0:0"
                + limit(" --nproc=", limits.processes(), 0)
                + limit(" --nofile=", limits.descriptors(), 0)
                + limit(" --fsize=", limits.fileSizeBytes(), 0)
                + limit(" --cpu=", limits.cpuSeconds(), 1) // first a signal that tells why, then the end
                + limit(" --as=", limits.memoryBytes(), 0)
                + " && ";
    }

    private static String limit(String option, long limit, long beyond) {
        return limit > 0 ? option + limit + ":" + (limit + beyond) : "";
    }

    private static String oddVariables(Plan plan) {
        return plan.environment().entrySet().stream()
                .filter(variable -> isOdd(variable.getKey()))
                .map(variable -> quoted(variable.getKey() + "=" + variable.getValue()) + " ")
                .reduce(String::concat)
                .map(assignments -> "/usr/bin/env -- " + assignments)
                .orElse("");
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /** Whether these lines of a report are about the mounts, in their order, and as they should be. */
    static boolean hasMounts(List<String> report, List<FileTree.Binding> mounts) {
        return report.stream()
                .filter(line -> line.startsWith("(dev="))
                .toList()
                .equals(mounts.stream().map(FileTree.Binding::identity).toList());
    }
}
