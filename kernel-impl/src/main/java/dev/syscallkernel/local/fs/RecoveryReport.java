package dev.syscallkernel.local.fs;

import java.nio.file.Path;
import java.util.List;

/**
 * What a kernel found of its predecessor's atomic batches when it started, and did.
 *
 * @param transactions in the order in which they began
 */
public record RecoveryReport(List<Recovered> transactions) {

    /** How a transaction was ended. */
    public enum Action {
        /** Nothing had been changed yet; what was prepared has been removed. */
        DROPPED,
        /** It was complete. */
        COMPLETE,
        /** It had been undone, or has been now. */
        UNDONE,
        /** Some files are neither as before nor as after, or cannot be reached: they are out of use. */
        IN_DOUBT,
        /** It was in doubt, and its files are accepted as they are. */
        ACCEPTED
    }

    /**
     * One transaction.
     *
     * @param id its name, which is part of the name of its stage
     * @param paths of the host: the files it concerned; those in doubt, if some are
     */
    public record Recovered(String id, Action action, List<Path> paths) {
        public Recovered {
            paths = List.copyOf(paths);
        }
    }

    /** Nothing was found. */
    public static final RecoveryReport NOTHING = new RecoveryReport(List.of());

    public RecoveryReport {
        transactions = List.copyOf(transactions);
    }

    /** What is out of use. */
    List<Path> doubts() {
        return transactions.stream()
                .filter(transaction -> transaction.action == Action.IN_DOUBT)
                .flatMap(transaction -> transaction.paths.stream())
                .toList();
    }
}
