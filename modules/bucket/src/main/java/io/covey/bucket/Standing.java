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
 */
public record Standing(
        long self, boolean leaseHeld, boolean replicasPresent, LongPredicate isMember, long timeMillis) {}
