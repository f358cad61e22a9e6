package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.IMap;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.proxy.MapProxyImpl;
import com.hazelcast.partition.PartitionService;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.PartitionSpecificRunnable;
import com.hazelcast.spi.impl.operationservice.OperationService;
import com.hazelcast.spi.impl.operationservice.impl.OperationServiceImpl;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Bucket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member's way to the buckets of its cluster, shared by its shards. */
final class HazelcastBuckets {
    /**
     * How often Hazelcast itself repeats a batch that did not run, because its partition was on the move: at once at first, then with
     * pauses that double up to the one below, about a second in all. Afterwards the lane repeats it.
     */
    private static final int TRIES_MAX = 40;

    private static final int TRY_PAUSE_MILLIS = 30;

    private static final Logger LOG = LoggerFactory.getLogger(HazelcastBuckets.class);

    private final NodeEngine engine;
    private final OperationService operations;
    private final IMap<Integer, BucketHolder> map;
    private final List<Integer> keys;
    private final List<Data> keyData;
    private final PartitionPlaces places;
    private final int patienceMillis;
    private final boolean synced;
    private final List<HazelcastBucketGateway> gateways = new CopyOnWriteArrayList<>();

    /**
     * @param patienceMillis how long a member may leave batches without an answer
     * @param synced whether an answer waits until all replicas have synced
     */
    HazelcastBuckets(HazelcastInstance hazelcast, int partitionCount, int patienceMillis, boolean synced) {
        this.patienceMillis = patienceMillis;
        this.synced = synced;
        map = hazelcast.getMap(HazelcastConfiguration.BUCKETS);
        engine = ((MapProxyImpl<?, ?>) map).getNodeEngine();
        operations = engine.getOperationService();
        keys = keys(hazelcast.getPartitionService(), partitionCount);
        keyData = keys.stream().map(this::data).toList();
        places = new PartitionPlaces(engine, keyData);
        PartitionHost.of(hazelcast).places(places);
    }

    /** One key per partition: the lowest number that Hazelcast puts there. The same on every member and after every restart. */
    private static List<Integer> keys(PartitionService partitions, int partitionCount) {
        Integer[] found = new Integer[partitionCount];
        int missing = partitionCount;
        for (int key = 0; missing > 0; key++) {
            int partition = partitions.getPartition(key).getPartitionId();
            if (found[partition] == null) {
                found[partition] = key;
                missing--;
            }
        }
        return List.of(found);
    }

    private Data data(Integer key) {
        return engine.toData(key);
    }

    HazelcastBucketGateway gateway(ShardLoop loop) {
        HazelcastBucketGateway gateway = new HazelcastBucketGateway(this, loop, patienceMillis);
        gateways.add(gateway);
        return gateway;
    }

    /** The incarnation that the gateways belong to is over: they answer nothing any more. */
    void forgetGateways() {
        gateways.clear();
    }

    /** A member has left: what is in flight may wait for it in vain, so it is given up as unknown and repeated. */
    void memberLeft() {
        places.memberLeft();
        new ArrayList<>(gateways).forEach(HazelcastBucketGateway::giveUp);
    }

    /** Whether this member is the partition's owner. */
    boolean isOwnedHere(int partition) {
        return places.isOwnedHere(partition);
    }

    /** How many partitions this member owns. */
    int owned() {
        int count = 0;
        for (int partition = 0; partition < partitionCount(); partition++) {
            count += places.isOwnedHere(partition) ? 1 : 0;
        }
        return count;
    }

    int partitionCount() {
        return keys.size();
    }

    IMap<Integer, BucketHolder> map() {
        return map;
    }

    int key(int partition) {
        return keys.get(partition);
    }

    /** Sends a batch to the bucket's owner. The future's value is the answer's bytes in Hazelcast's form, or null where it stayed here. */
    CompletableFuture<Object> send(int partition, BucketBatchProcessor processor) {
        return operations
                .createInvocationBuilder(
                        MapService.SERVICE_NAME, new BucketBatchOperation(keyData.get(partition), processor), partition)
                .setResultDeserialized(false)
                // A backup that never answered must not count as confirmed. [I1]
                .setFailOnIndeterminateOperationState(true)
                .setTryCount(TRIES_MAX)
                .setTryPauseMillis(TRY_PAUSE_MILLIS)
                .invoke();
    }

    /**
     * Puts a bucket where there is none, or an older one, on the owner and its backups; false where these are not assigned yet, or a disk does not take
     * it. Blocks.
     */
    boolean restore(int partition, Bucket bucket) {
        byte[] bytes = bucket.written().toByteArray();
        return map.executeOnKey(keys.get(partition), new RestoreProcessor(partition, bytes, false));
    }

    /** The same; false also where owner or backups have not confirmed it. To be tried again, with the same bucket. */
    boolean tryToRestore(int partition, Bucket bucket) {
        try {
            return restore(partition, bucket);
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (HazelcastException notConfirmed) {
            LOG.debug("a bucket could not be restored for now; partition={}", partition, notConfirmed);
            return false;
        }
    }

    /** Runs a task on a partition's thread of this member. */
    void onPartitionThread(int partition, Runnable task) {
        ((OperationServiceImpl) operations).execute(new PartitionSpecificRunnable() {
            @Override
            public int getPartitionId() {
                return partition;
            }

            @Override
            public void run() {
                task.run();
            }
        });
    }

    /** The member itself, as its partitions' threads know it. */
    HazelcastInstance member() {
        return engine.getHazelcastInstance();
    }

    /** Whether an answer waits until all replicas have synced. */
    boolean isSynced() {
        return synced;
    }

    /**
     * Completes once everything that any member has written by now is on its device: a member that is a replica of what was just confirmed
     * is among them, or has left, and then everything in flight is given up as unknown.
     */
    CompletableFuture<Void> sync() {
        List<CompletableFuture<Object>> answers = new ArrayList<>();
        for (Member member : engine.getHazelcastInstance().getCluster().getMembers()) {
            answers.add(operations
                    .createInvocationBuilder(MapService.SERVICE_NAME, new SyncOperation(), member.getAddress())
                    .invoke());
        }
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
    }

    /** Where the thread is that serves a partition, or null while nobody does. */
    PartitionPlaces.@Nullable Place owner(int partition) {
        return places.replica(partition, 0);
    }

    /** Sends batches to one member, once. The future's value is what {@link #readAll} reads. */
    CompletableFuture<Object> send(PartitionPlaces.Place place, List<MemberBatches.Part> batches) {
        return operations
                .createInvocationBuilder(MapService.SERVICE_NAME, new MemberBatches(batches), place.address())
                .setResultDeserialized(false)
                .setTryCount(1)
                .setAsync()
                .invoke();
    }

    BatchAnswer[] readAll(Object answer) {
        return answer instanceof BatchAnswer[] here ? here : MemberAnswers.read(engine.toObject(answer));
    }

    BatchAnswer read(Object answer) {
        byte[] bytes = engine.toObject(answer);
        return BatchAnswer.read(bytes);
    }
}
