package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the members tell each other about what they hold, in the cluster's map. From any thread; blocks. */
final class Inventories {
    private final HazelcastInstance hazelcast;
    private final IMap<String, Object> marks;
    private final String prefix;
    private final Function<Member, String> name;

    /**
     * @param prefix of the entries
     * @param name under which a member tells
     */
    Inventories(HazelcastInstance hazelcast, String prefix, Function<Member, String> name) {
        this.hazelcast = hazelcast;
        this.marks = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.prefix = prefix;
        this.name = name;
    }

    /** Tells what the member of this name holds. */
    void tell(String ofName, Inventory inventory) {
        marks.set(prefix + ofName, inventory.toBytes());
    }

    /** Takes back what was told under this name. */
    void forget(String ofName) {
        marks.delete(prefix + ofName);
    }

    /** What a member has told, or null where it has not yet. */
    @Nullable
    Inventory of(Member member) {
        return marks.get(prefix + name.apply(member)) instanceof byte[] bytes ? Inventory.read(bytes) : null;
    }

    /**
     * What the members have told, by their names, the oldest first.
     *
     * @throws RecoveryPlan.NotYet while one of them has not
     */
    Map<String, Inventory> all() throws RecoveryPlan.NotYet {
        Map<String, Inventory> all = new LinkedHashMap<>();
        for (Member member : hazelcast.getCluster().getMembers()) {
            Inventory told = of(member);
            if (told == null) {
                throw new RecoveryPlan.NotYet("the member " + member.getAddress() + " has not told yet what it holds");
            }
            all.put(name.apply(member), told);
        }
        return all;
    }
}
