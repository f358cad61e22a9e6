package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What must be the same on every node, told to the others as an attribute of the member: with a shorter lease than the others a node would count
 * leases as over that are still held [I9], and with fewer backups it would confirm what the others would not [I1].
 *
 * @param values by key of the configuration
 */
record CommonSettings(Map<String, String> values) {
    static CommonSettings of(ClusterSettings settings) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("cluster.lease", Integer.toString(settings.timing().leaseMillis()));
        values.put("cluster.backup-count", Integer.toString(settings.backupCount()));
        values.put("cluster.partitions", Integer.toString(settings.partitionCount()));
        return new CommonSettings(values);
    }

    /**
     * Compares with the members that were there before this one: whoever comes later is wrong.
     *
     * @throws IllegalStateException with one line for the operator
     */
    void check(HazelcastInstance hazelcast) {
        for (Member member : hazelcast.getCluster().getMembers()) {
            if (member.localMember()) {
                return;
            }
            String difference = difference(member.getAttribute(HazelcastConfiguration.COMMON));
            if (difference != null) {
                throw new IllegalStateException(
                        difference + " at the member " + member.getAddress() + "; it must be the same on every node");
            }
        }
    }

    /** The first key that another member has another value for, in words, or null. What only one of the two knows does not differ. */
    @Nullable
    String difference(@Nullable String theirs) {
        if (theirs == null) {
            return null;
        }
        for (String entry : theirs.split(",", -1)) {
            String[] pair = entry.split("=", 2);
            String mine = values.get(pair[0]);
            if (pair.length == 2 && mine != null && !mine.equals(pair[1])) {
                return pair[0] + " is " + mine + " here and " + pair[1];
            }
        }
        return null;
    }

    /** As the attribute's value. */
    String encoded() {
        return values.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
    }
}
