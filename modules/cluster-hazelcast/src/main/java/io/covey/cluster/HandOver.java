package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the partitions of this member to the others while it goes on: one after the other, and each is served where it is until it has moved. In
 * the end the member holds none, and its end costs nobody anything. From any thread.
 */
public final class HandOver {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);

    private static final String LEAVING_PREFIX = "leaving/";
    private static final long REGISTRY_MILLIS_MAX = 2_000;

    private final HazelcastInstance hazelcast;
    private final IMap<String, Object> registry;
    private final String nodeId;
    private final ReplicaCheck replicas;
    private final int backupCount;
    private @Nullable Thread running;
    private volatile String failure = "";

    HandOver(HazelcastInstance hazelcast, String nodeId, ReplicaCheck replicas, int backupCount) {
        this.hazelcast = hazelcast;
        this.registry = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.nodeId = nodeId;
        this.replicas = replicas;
        this.backupCount = backupCount;
    }

    /**
     * Tells the others that this member is about to leave, so that they do not count on it: when all nodes are stopped at once, nobody waits for
     * anybody. Blocks for up to two seconds.
     */
    public void announce() {
        answer(registry.setAsync(LEAVING_PREFIX + nodeId, true));
    }

    /** How many other members take partitions and are not about to leave themselves. Blocks for up to two seconds each. */
    public int heirs() {
        int heirs = 0;
        for (Member other : hazelcast.getCluster().getMembers()) {
            if (!other.localMember() && !other.isLiteMember()) {
                String id = String.valueOf(other.getAttribute(HazelcastConfiguration.NODE_ID));
                heirs += Boolean.TRUE.equals(answer(registry.getAsync(LEAVING_PREFIX + id))) ? 0 : 1;
            }
        }
        return heirs;
    }

    private static @Nullable Object answer(CompletionStage<?> asked) {
        try {
            return asked.toCompletableFuture().get(REGISTRY_MILLIS_MAX, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException unknown) {
            return null;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** Begins; nothing happens where it has begun already and did not fail. */
    public synchronized void begin() {
        Thread before = running;
        if (isWithoutData() || before != null && before.isAlive()) {
            return;
        }
        failure = "";
        Thread moving = new Thread(this::move, "covey-hand-over");
        moving.setDaemon(true);
        moving.start();
        running = moving;
    }

    private void move() {
        try {
            hazelcast.getCluster().demoteLocalDataMember();
            LOG.info("this member has handed over all partitions");
        } catch (RuntimeException notNow) {
            failure = String.valueOf(notNow.getMessage());
            LOG.warn("the partitions could not be handed over: {}", failure);
        }
    }

    /** How many partitions have a copy here. */
    public int partitionsHere() {
        return replicas.heldHere();
    }

    /** Why it did not succeed; the empty string where it has not ended or has succeeded. */
    public String failure() {
        return failure;
    }

    /** Whether this member holds nothing any more and takes nothing. */
    public boolean isWithoutData() {
        Member here = hazelcast.getCluster().getLocalMember();
        return here.isLiteMember() && replicas.heldHere() == 0;
    }

    /**
     * What is missing at the other members for every partition to have its copies; the empty string where nothing is, or where there are too few
     * members for all copies anyway. Blocks up to two seconds.
     */
    public String behind() {
        long others = hazelcast.getCluster().getMembers().stream()
                .filter(member -> !member.isLiteMember())
                .count();
        return others <= backupCount ? "" : replicas.behind();
    }
}
