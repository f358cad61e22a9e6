package io.covey.bucket;

import java.util.function.LongPredicate;

/**
 * What the node on which a batch arrives knows about itself at that moment. Built anew for each batch, on the partition's thread.
 *
 * @param self the node's incarnation
 * @param term under which it may change buckets right now, agreed on by a majority together with its lease; {@link #NO_TERM} while it may not [I9]
 * @param replicasPresent whether as many backups as configured are assigned to current members
 * @param isMember whether a node incarnation is a current member
 * @param timeMillis this node's cluster time
 * @param room what its memory has room for
 */
public record Standing(
        long self, long term, boolean replicasPresent, LongPredicate isMember, long timeMillis, NodeRoom room) {
    /** The term of a node without the right to change anything. */
    public static final long NO_TERM = -1;

    /** The term of a node that agrees with nobody, since it is alone. */
    public static final long ALONE = 0;

    /** One of a node with room for everything. */
    public Standing(long self, long term, boolean replicasPresent, LongPredicate isMember, long timeMillis) {
        this(self, term, replicasPresent, isMember, timeMillis, NodeRoom.ALL);
    }

    /** Whether it holds its lease, and has agreed with a majority on whatever departed. */
    boolean leaseHeld() {
        return term != NO_TERM;
    }
}
