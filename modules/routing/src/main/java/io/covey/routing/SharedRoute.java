package io.covey.routing;

import java.util.List;

/**
 * Where one of the members of a Shared Subscription is to be found [MQTT 5.0, 4.8.2]: each publish that matches goes to one member only.
 *
 * @param filter the filter with its {@code $share/name/} prefix, which names the group
 * @param partition the partition whose bucket distributes publishes of QoS 1 and 2, or -1 while none of the members needs that
 * @param shards the shards with connected members that want the publish
 * @param members how many connected members each of these shards has
 */
public record SharedRoute(String filter, int partition, List<ShardAddress> shards, int[] members) {
    /** Stands for no bucket. */
    public static final int NO_PARTITION = -1;

    /** How many connected members there are. */
    public int memberCount() {
        int count = 0;
        for (int each : members) {
            count += each;
        }
        return count;
    }
}
