package io.covey.bucket;

/** What became of a batch on the owner. */
public sealed interface BatchOutcome {
    /**
     * Applied now, or before (a repeat): the backups are to be given the batch with this step either way.
     *
     * @param result the answer for the sender, valid only once the backups have confirmed
     * @param step the versions of the first application
     */
    record Applied(BatchResult result, Step step) implements BatchOutcome {}

    /** Not applied; nothing changed. */
    record Refused(Refusal refusal) implements BatchOutcome {}
}
