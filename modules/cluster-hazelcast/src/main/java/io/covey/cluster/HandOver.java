package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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

    /** The nodes that were admitted to leave, in one entry: it changes from one value to the next, whoever asks at the same time. */
    private static final String ADMITTED = "leaving";

    private static final String SEPARATOR = ",";
    private static final long ADMISSION_NANOS_MAX = 20_000_000_000L;
    private static final long ADMISSION_PAUSE_MILLIS = 200;
    private static final long REGISTRY_MILLIS_MAX = 2_000;
    private static final int TRIES_MAX = 40;
    private static final long PAUSE_MILLIS = 250;

    private final HazelcastInstance hazelcast;
    private final IMap<String, Object> registry;
    private final String nodeId;
    private final ReplicaCheck replicas;
    private final Promotion promotion;
    private final int backupCount;
    private @Nullable Thread running;
    private volatile String failure = "";
    private final AtomicInteger refusals = new AtomicInteger();

    HandOver(HazelcastInstance hazelcast, String nodeId, ReplicaCheck replicas, Promotion promotion, int backupCount) {
        this.promotion = promotion;
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

    /**
     * The same where enough other members stay to take the partitions; of several that ask at the same time each counts those without that were admitted
     * before. Nothing is announced where they are too few, or where nobody can tell. Blocks for up to half a minute.
     *
     * @param heirsMin so many others must stay
     * @return why not; the empty string where it is announced
     * @throws InterruptedException when interrupted
     */
    public String announce(int heirsMin) throws InterruptedException {
        long limit = System.nanoTime() + ADMISSION_NANOS_MAX;
        HazelcastException last = null;
        do {
            try {
                Object before = registry.get(ADMITTED);
                Set<String> admitted = nodes(before);
                int left = heirs(admitted);
                if (left < heirsMin) {
                    return "it would leave " + left + " nodes, and " + heirsMin
                            + " are needed: cluster.minimum-members, and one more than cluster.backup-count";
                }
                if (admitted.contains(nodeId)) {
                    return "";
                }
                admitted.retainAll(others().map(HandOver::id).toList());
                admitted.add(nodeId);
                String now = String.join(SEPARATOR, admitted);
                if (before == null
                        ? registry.putIfAbsent(ADMITTED, now) == null
                        : registry.replace(ADMITTED, before, now)) {
                    return "";
                }
            } catch (HazelcastException unknown) {
                last = unknown; // whether it was done shows when it is read again
            }
            Thread.sleep(ADMISSION_PAUSE_MILLIS);
        } while (System.nanoTime() - limit < 0);
        return "the other nodes could not be asked whether they stay" + (last == null ? "" : ": " + last.getClass());
    }

    private static Set<String> nodes(@Nullable Object listed) {
        return listed == null
                ? new TreeSet<>()
                : new TreeSet<>(Arrays.asList(listed.toString().split(SEPARATOR, -1)));
    }

    /** How many other members take partitions and are not about to leave themselves. Blocks for up to two seconds each. */
    public int heirs() {
        return heirs(nodes(answer(registry.getAsync(ADMITTED))));
    }

    private int heirs(Set<String> admitted) {
        return (int) others().filter(other -> !admitted.contains(id(other)))
                .filter(other -> !Boolean.TRUE.equals(answer(registry.getAsync(LEAVING_PREFIX + id(other)))))
                .count();
    }

    private Stream<Member> others() {
        return hazelcast.getCluster().getMembers().stream()
                .filter(member -> !member.localMember() && !member.isLiteMember());
    }

    private static String id(Member member) {
        return String.valueOf(member.getAttribute(HazelcastConfiguration.NODE_ID));
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

    /**
     * Begins; nothing happens where it has begun already and did not fail. Where Hazelcast refuses it, as it does while another member is just gone, it
     * is tried again for some seconds.
     */
    public synchronized void begin() {
        promotion.stopped();
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
        String refusal = "";
        try {
            for (int tries = 0; tries < TRIES_MAX; tries++) {
                refusal = tryToMove();
                if (refusal.isEmpty()) {
                    LOG.info("this member has handed over all partitions");
                    return;
                }
                LOG.info("the partitions cannot be handed over yet, it is tried again: {}", refusal);
                refusals.incrementAndGet();
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            refusal = "the member ends";
        }
        failure = refusal;
        LOG.warn("the partitions could not be handed over: {}", refusal);
    }

    /** Blocks until all have moved; why Hazelcast refuses to, or the empty string. */
    private String tryToMove() {
        // An earlier attempt may have succeeded without our hearing of it.
        if (!hazelcast.getCluster().getLocalMember().isLiteMember()) {
            try {
                hazelcast.getCluster().demoteLocalDataMember();
            } catch (HazelcastInstanceNotActiveException ended) {
                throw ended;
            } catch (RuntimeException notNow) {
                return String.valueOf(notNow.getMessage());
            }
        }
        return "";
    }

    /** How often Hazelcast has refused. */
    int refusals() {
        return refusals.get();
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
