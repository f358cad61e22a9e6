package io.covey.testkit;

/** A deliberate fault, made at a port of the core, that the invariants must catch: proof that the simulation has teeth. */
public enum Tampering {
    /** Everything works as it should. */
    NONE,
    /** A batch counts as confirmed as soon as the owner has applied it. */
    CONFIRMED_BEFORE_BACKUP,
    /**
     * The owner believes its backups to be present always, and needs nobody who sees the same members; the cluster skips a missing backup silently.
     */
    BACKUP_SKIPPED,
    /** Epochs in commands are replaced by the current one: a superseded connection still writes. */
    STALE_EPOCH_ACCEPTED,
    /** Deliveries are hinted as soon as the owner has applied their batch. */
    HINT_BEFORE_CONFIRMATION,
    /** Publishes lose the number by which targets recognise repeats. */
    DEDUPLICATION_LOST,
    /** The clock that leases are measured with stands still while the process is frozen. */
    CLOCK_STOPS_WHILE_FROZEN,
    /** A reopened session's messages are numbered anew, so that Packet Identifiers are used that the client still has in use. */
    PACKET_ID_REUSED
}
