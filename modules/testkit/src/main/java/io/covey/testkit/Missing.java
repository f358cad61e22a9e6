package io.covey.testkit;

import io.covey.bucket.Partitions;
import io.covey.testkit.History.PublishKey;

/**
 * Something that had to come to a client or a group and has not.
 *
 * @param partition of the queue that it had to be in, and that may have been full; {@link #NOT_QUEUED} where it was in none
 * @param text who lacks what
 */
record Missing(int partition, String text) {
    static final int NOT_QUEUED = -1;

    /** A message that a client lacks. */
    static Missing of(String client, boolean queued, PublishKey key) {
        int partition = queued ? Partitions.ofClient(client, SimulatedHosts.PARTITIONS) : NOT_QUEUED;
        return new Missing(partition, client + " lacks " + key);
    }

    /** A message that all members of a group lack. */
    static Missing ofGroup(String filter, PublishKey key) {
        int partition = Partitions.ofShared(filter, SimulatedHosts.PARTITIONS);
        return new Missing(partition, "the group of " + filter + " lacks " + key);
    }

    @Override
    public String toString() {
        return text;
    }
}
