package dev.syscallkernel.local;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;

/**
 * An atomic batch that a former kernel left unfinished, and what became of it when this one started.
 *
 * @param id the name of the batch
 * @param files of the host: those that it concerned; those in doubt, if some are
 */
public record RecoveredBatch(String id, Outcome outcome, List<Path> files) {

    /** How a batch was ended. */
    public enum Outcome {
        /** Nothing had been changed yet; what was prepared has been removed. */
        DROPPED,
        /** It was complete. */
        COMPLETE,
        /** It has been undone. */
        UNDONE,
        /** Some files are neither as before nor as after, or cannot be reached: they are out of use. */
        IN_DOUBT,
        /** It was in doubt, and its files were accepted as they are. */
        ACCEPTED
    }

    public RecoveredBatch {
        requireNonNull(id, "id");
        requireNonNull(outcome, "outcome");
        files = List.copyOf(files);
    }
}
