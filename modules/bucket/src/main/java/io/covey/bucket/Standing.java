package io.covey.bucket;

import java.util.function.LongPredicate;

/**
 * What the node on which a batch arrives knows about itself at that moment. Built anew for each batch, on the partition's thread.
 *
 * @param self the node's incarnation
 * @param leaseHeld whether it holds its lease right now [I9]
 * @param replicasPresent whether as many backups as configured are assigned to current members
 * @param isMember whether a node incarnation is a current member
 * @param timeMillis this node's cluster time
 * @param room what its memory has room for
 */
public record Standing(
        long self, boolean leaseHeld, boolean replicasPresent, LongPredicate isMember, long timeMillis, NodeRoom room) {
    /** One of a node with room for everything. */
    public Standing(long self, boolean leaseHeld, boolean replicasPresent, LongPredicate isMember, long timeMillis) {
        this(self, leaseHeld, replicasPresent, isMember, timeMillis, NodeRoom.ALL);
    }
}
