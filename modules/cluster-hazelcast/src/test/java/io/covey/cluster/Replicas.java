package io.covey.cluster;

import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.cluster.impl.ClusterServiceImpl;
import com.hazelcast.internal.partition.impl.InternalPartitionServiceImpl;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapContainer;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.merge.DiscardMergePolicy;
import io.covey.bucket.Bucket;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;

/** Looks at, and meddles with, the copy of a bucket that one member has, on its partition's thread. */
final class Replicas {
    /** Longer than anything is waited for. */
    private static final long HELD_SECONDS_MAX = 2 * TestMember.WAIT_SECONDS;

    private Replicas() {}

    /** Calls with the member's own holder, or null where it has none. */
    static <T> T at(TestMember member, int partition, Function<BucketHolder, T> look) {
        CompletableFuture<T> done = new CompletableFuture<>();
        member.node.buckets().onPartitionThread(partition, () -> {
            try {
                done.complete(look.apply(holder(member, partition)));
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done.orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS).join();
    }

    /**
     * Calls with the bucket that the owner (index 0) or a backup of a partition has. While it moves nobody may say of itself that it is that replica, or
     * not have the bucket yet or any more: then once that is over.
     */
    static <T> T of(List<TestMember> members, int partition, int index, Function<Bucket, T> look) {
        List<T> seen = new ArrayList<>();
        members.get(0).await(() -> {
            for (TestMember each : members) {
                if (isReplica(each, partition, index)) {
                    at(each, partition, holder -> {
                        boolean there = holder != null && holder.bucket() != null;
                        return there && isReplica(each, partition, index) && seen.add(look.apply(holder.bucket()));
                    });
                }
            }
            return !seen.isEmpty();
        });
        return seen.get(0);
    }

    /** Occupies the partition's thread of a member until the latch opens. */
    static CountDownLatch block(TestMember member, int partition) {
        CountDownLatch open = new CountDownLatch(1);
        block(member, partition, open);
        return open;
    }

    static void block(TestMember member, int partition, CountDownLatch open) {
        member.node.buckets().onPartitionThread(partition, () -> {
            try {
                open.await(HELD_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Whether the member is owner (index 0) or a backup of the partition. */
    static boolean isReplica(TestMember member, int partition, int index) {
        var replica =
                engine(member).getPartitionService().getPartition(partition).getReplica(index);
        return replica != null && replica.isIdentical(engine(member).getLocalMember());
    }

    /** Makes a member and all others take each other for dead, as after a cut of the network that heals at once. */
    static void cutOff(TestMember cut, List<TestMember> members) {
        for (TestMember other : members) {
            if (other != cut) {
                suspect(other, cut);
                suspect(cut, other);
            }
        }
    }

    /**
     * Splits a cluster into two sides that take each other for dead, until the smaller one hears of the other.
     *
     * @param byAge all members, the oldest first
     * @param side the smaller side, without the oldest member
     */
    static void split(List<TestMember> byAge, List<TestMember> side) {
        // The youngest first: each follows the oldest of its side only once it has given up all that were older.
        for (int i = byAge.size() - 1; i > 0; i--) {
            TestMember one = byAge.get(i);
            if (side.contains(one)) {
                byAge.stream().filter(other -> !side.contains(other)).forEach(other -> suspect(one, other));
            }
        }
        side.forEach(one -> suspect(byAge.get(0), one));
    }

    /** Has a side of a split look for the other one until it has given up, as its oldest member does by timer; its nodes begin anew. */
    static void heal(List<TestMember> side) {
        side.forEach(each -> each.restarts.clear());
        for (TestMember each : side) {
            each.await(() -> {
                side.forEach(Replicas::look);
                return each.restarts.poll() != null;
            });
            each.begin();
        }
    }

    private static void look(TestMember member) {
        ClusterServiceImpl cluster = (ClusterServiceImpl) engine(member).getClusterService();
        if (cluster.isJoined() && cluster.isMaster()) {
            engine(member).getNode().getJoiner().searchForOtherClusters();
        }
    }

    /** Whatever this member holds of buckets, Hazelcast brings none of it to the other side of a split: as after a merge that has failed. */
    static void mergeFails(TestMember member) {
        MapService service = engine(member).getService(MapService.SERVICE_NAME);
        MapContainer container = service.getMapServiceContext().getMapContainer(HazelcastConfiguration.BUCKETS);
        container.setMapConfig(new MapConfig(container.getMapConfig())
                .setMergePolicyConfig(new MergePolicyConfig().setPolicy(DiscardMergePolicy.class.getName())));
    }

    /** Makes a member miss another one, whose connection it closes. */
    static void suspect(TestMember who, TestMember whom) {
        ClusterServiceImpl cluster = (ClusterServiceImpl) engine(who).getClusterService();
        MemberImpl member = cluster.getMember(engine(whom).getLocalMember().getUuid());
        if (member != null) { // it may know already from the others
            cluster.suspectMember(member, "cut off by a test", true);
        }
    }

    /** Lets a member answer nothing about who is a member, and who leads, until the latch opens. */
    static CountDownLatch holdMembership(TestMember member) throws Exception {
        Field field = ClusterServiceImpl.class.getDeclaredField("clusterServiceLock");
        field.setAccessible(true);
        Lock lock = (Lock) field.get(engine(member).getClusterService());
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        Thread holder = new Thread(() -> {
            lock.lock();
            try {
                held.countDown();
                open.await(HELD_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (InterruptedException ending) {
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
        });
        holder.setDaemon(true);
        holder.start();
        held.await();
        return open;
    }

    private static BucketHolder holder(TestMember member, int partition) {
        MapService service = engine(member).getService(MapService.SERVICE_NAME);
        RecordStore<?> store =
                service.getMapServiceContext().getExistingRecordStore(partition, HazelcastConfiguration.BUCKETS);
        if (store == null) {
            return null;
        }
        Data key = engine(member).toData(member.node.buckets().key(partition));
        Record<?> record = store.getRecord(key);
        return record == null ? null : (BucketHolder) record.getValue();
    }

    static String nodeId(TestMember member) {
        return hazelcast(member).getCluster().getLocalMember().getAttribute(HazelcastConfiguration.NODE_ID);
    }

    static HazelcastInstance hazelcast(TestMember member) {
        return engine(member).getHazelcastInstance();
    }

    /** Whether replicas move, or are about to. */
    static boolean areMoving(TestMember member) {
        return ((InternalPartitionServiceImpl) engine(member).getPartitionService()).hasOnGoingMigration();
    }

    /** The member's table of partitions, as a number: the same where it knows all replicas at the same places. */
    static long table(TestMember member) {
        return engine(member).getPartitionService().getPartitionStateStamp();
    }

    /** Whether the member's node may change what it owns. */
    static boolean mayOwn(TestMember member) {
        return PartitionHost.of(hazelcast(member)).mayOwn(hazelcast(member));
    }

    /** Whether the member takes no partitions, not yet or not any more. */
    static boolean takesNothing(TestMember member) {
        return engine(member).getLocalMember().isLiteMember();
    }

    /** Stops the moves of replicas, as Hazelcast does for some seconds when one of them has failed; here until somebody ends it. */
    static void pauseMoves(TestMember member) {
        ((InternalPartitionServiceImpl) engine(member).getPartitionService()).pauseMigration();
    }

    private static NodeEngineImpl engine(TestMember member) {
        return (NodeEngineImpl) ((MapProxyImpl<?, ?>) member.node.buckets().map()).getNodeEngine();
    }
}
