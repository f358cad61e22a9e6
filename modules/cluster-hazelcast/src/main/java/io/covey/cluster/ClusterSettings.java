package io.covey.cluster;

import io.covey.bucket.BucketLimits;
import java.util.List;

/**
 * How a node takes part in its cluster. Partition count, backup count and limits must be the same on every node.
 *
 * @param clusterName nodes with the same name form a cluster
 * @param host the one address that this node binds to and that the others reach it at; a name is resolved once
 * @param port Hazelcast's port; never another one, also when it is in use
 * @param eventBusPort the event bus's port on the same address
 * @param members {@code host:port} of the nodes to join, this one included, or {@code host} where the port is this node's; a name stands for
 *     all addresses that it has at the time
 * @param expectedMembers of how many nodes the cluster is made, at least 1: what half of it is cannot form a cluster of its own
 * @param minimumMembers below this many members nothing is formed, whatever is expected
 * @param partitionCount how many buckets there are; fixed for the cluster's life
 * @param backupCount copies of each bucket beside the owner's, 0 to 6
 * @param backupsRequired how many of them must be assigned to members that are present for a batch to be taken; below
 *     {@code backupCount} only where the operator accepts that an acknowledged message may have fewer copies
 */
public record ClusterSettings(
        String clusterName,
        String host,
        int port,
        int eventBusPort,
        List<String> members,
        int expectedMembers,
        int minimumMembers,
        int partitionCount,
        int backupCount,
        int backupsRequired,
        BucketLimits bucketLimits,
        Timing timing) {

    /**
     * Times of the cluster layer.
     *
     * @param heartbeatIntervalSeconds how often members show that they live
     * @param heartbeatMaxSeconds a member that was not heard of for this long is expelled; well above any pause of the virtual machine
     * @param backupTimeoutMillis how long an owner's answer waits for its backups before the batch's fate counts as unknown
     * @param mergeDelaySeconds how often a part of a split cluster looks for the others
     * @param joinSeconds how long a starting member looks for a cluster to join before it offers to be the first, which all that it reaches must agree
     *     to; members that start together begin no sooner
     * @param stopSecondsMax how long an orderly stop may take to hand buckets over before the member just leaves
     * @param leaseMillis how long a node may serve without hearing of a majority; the same on every node, which is checked
     */
    public record Timing(
            int heartbeatIntervalSeconds,
            int heartbeatMaxSeconds,
            int backupTimeoutMillis,
            int mergeDelaySeconds,
            int joinSeconds,
            int stopSecondsMax,
            int leaseMillis) {
        /** Heartbeats every second, expelled after 12 s; backups 1 s; merge check every 5 s; 2 s to join; 30 s to stop; lease 5 s. */
        public static final Timing DEFAULT = new Timing(1, 12, 1_000, 5, 2, 30, 5_000);

        /** These with another lease. */
        public Timing withLease(int millis) {
            return new Timing(
                    heartbeatIntervalSeconds,
                    heartbeatMaxSeconds,
                    backupTimeoutMillis,
                    mergeDelaySeconds,
                    joinSeconds,
                    stopSecondsMax,
                    millis);
        }
    }

    /** How many backups Hazelcast can keep. */
    public static final int BACKUP_COUNT_MAX = 6;

    /** Copies and checks; the message of a failure names what is wrong. */
    public ClusterSettings {
        members = List.copyOf(members);
        require(!clusterName.isBlank(), "the cluster's name is empty");
        require(!host.isBlank(), "the cluster's host is empty");
        require(port > 0 && port <= 0xFFFF, "not a port: " + port);
        require(eventBusPort > 0 && eventBusPort <= 0xFFFF, "not an event bus port: " + eventBusPort);
        require(port != eventBusPort, "Hazelcast and the event bus need different ports, both are " + port);
        require(!members.isEmpty(), "no members to join are given; name at least this node");
        require(expectedMembers >= 1, "a cluster has at least 1 member, expected are " + expectedMembers);
        require(minimumMembers >= 0, "fewer than 0 minimum members: " + minimumMembers);
        require(partitionCount >= 1, "a cluster has at least 1 partition, not " + partitionCount);
        require(
                backupCount >= 0 && backupCount <= BACKUP_COUNT_MAX,
                "backups are 0 to " + BACKUP_COUNT_MAX + ", not " + backupCount);
        require(
                backupsRequired >= 0 && backupsRequired <= backupCount,
                "required backups are 0 to the backup count " + backupCount + ", not " + backupsRequired);
    }

    /** How many members must be present for the first formation of the cluster. */
    public int formationQuorum() {
        return quorumOf(expectedMembers);
    }

    /** How many of so many members must be present for them to decide anything. */
    int quorumOf(int members) {
        return Math.max(minimumMembers, members / 2 + 1);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
