package dev.syscallkernel.bench.soak;

import java.util.ArrayList;
import java.util.List;

/**
 * What the load has left behind.
 *
 * @param descriptors how many more are open than before
 * @param threads the names of the kernel's threads that live on
 * @param processes how many logical processes live on
 * @param tasks how many tasks have not ended
 * @param programs the programs that live on
 * @param files what is in the directories that was not there before, hidden names and directories included
 * @param buffers how many network buffers were lost without being released
 */
record Residue(
        long descriptors,
        List<String> threads,
        int processes,
        int tasks,
        List<String> programs,
        List<String> files,
        long buffers) {
    boolean isClean() {
        return findings().isEmpty();
    }

    String describe() {
        return isClean() ? "nothing is left behind" : "left behind: " + String.join(", ", findings());
    }

    private List<String> findings() {
        List<String> findings = new ArrayList<>();
        add(findings, descriptors, "descriptors", List.of());
        add(findings, threads.size(), "threads", threads);
        add(findings, processes, "processes", List.of());
        add(findings, tasks, "tasks", List.of());
        add(findings, programs.size(), "programs", programs);
        add(findings, files.size(), "files", files);
        add(findings, buffers, "network buffers", List.of());
        return findings;
    }

    private static void add(List<String> findings, long count, String what, List<String> which) {
        if (count > 0) {
            findings.add(count + " " + what + (which.isEmpty() ? "" : " " + which));
        }
    }
}
