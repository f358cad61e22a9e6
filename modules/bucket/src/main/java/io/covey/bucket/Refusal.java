package io.covey.bucket;

/** Why an owner did not apply a batch; nothing has changed then, and the sender repeats the same batch later. */
public enum Refusal {
    /** An earlier batch of this sender is missing: the sender's incarnation was forgotten. It must start a new incarnation. */
    SEQUENCE_GAP,
    /** The sender is not a current member. */
    SENDER_NOT_MEMBER,
    /** The owner does not hold its lease. */
    LEASE_LOST,
    /** Fewer backups than configured are assigned to current members. */
    REPLICAS_MISSING,
    /** The batch's time is further from the owner's time than allowed. */
    CLOCK_SKEW,
    /** The owner cannot write to its disk. */
    DISK_UNWRITABLE
}
