package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.Partition;
import com.hazelcast.partition.ReplicaMigrationEvent;
import io.covey.broker.MembershipView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows the incarnations of the nodes behind the members, and the partitions that this one owns. Everything here runs on the cluster's
 * thread; what Hazelcast's listeners tell is only a reason to look, and so is a timer, since events can be lost.
 *
 * <p>A member's attribute names its node's first incarnation; the cluster's map names the newest one where there was another since.
 */
final class HazelcastMembership implements MembershipListener, MigrationListener {
    private static final long LOOK_MILLIS = 500;
    private static final long SUCCESSION_MILLIS = 100;
    private static final String KEY_PREFIX = "incarnation/";
    static final String FULL_PREFIX = "full/";

    /** Stands for the incarnation of a node that is empty and serves nobody any more. */
    private static final long NONE = -1;

    private static final Logger LOG = LoggerFactory.getLogger(HazelcastMembership.class);

    private final HazelcastInstance hazelcast;
    private final IMap<String, Object> registry;
    private final PartitionHost host;
    private final String nodeId;
    private final ScheduledExecutorService thread;
    private final Runnable memberLeft;
    private final PartitionNews news;
    private final Succession succession;
    private final AgreedSize size;
    private final Incarnations incarnations = new Incarnations();
    private final AtomicBoolean lookWaits = new AtomicBoolean();

    /** The newest incarnation of each node that was asked for. */
    private final Map<String, Long> newest = new HashMap<>();

    private final Set<String> asked = new HashSet<>();
    /** Nodes whose disks have no room. */
    private final Set<String> full = new HashSet<>();

    /** What this one has to tell of its own. */
    private volatile boolean fullHere;

    private boolean formed;
    private int[] owned = {};
    private @Nullable MembershipView view;
    /** The number of the view that lacked somebody of the one before. */
    private long departure;

    private @Nullable ClusterListener listener;
    private volatile Map<Long, String> nodeIds = Map.of();

    HazelcastMembership(
            HazelcastInstance hazelcast,
            PartitionHost host,
            String nodeId,
            ScheduledExecutorService thread,
            ClusterSettings settings,
            Runnable memberLeft) {
        this.hazelcast = hazelcast;
        this.registry = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.host = host;
        this.nodeId = nodeId;
        this.thread = thread;
        this.memberLeft = memberLeft;
        this.news = new PartitionNews(hazelcast, host);
        this.succession = new Succession(hazelcast);
        this.size = new AgreedSize(hazelcast, settings, host.storage(), thread, nodes -> {
            if (listener != null) {
                listener.agreedSize(nodes);
            }
        });
    }

    /** Begins to listen and to look. From any thread, once. */
    void start() {
        hazelcast.getCluster().addMembershipListener(this);
        hazelcast.getPartitionService().addMigrationListener(this);
        registry.addEntryListener((EntryAddedListener<String, Object>) this::registered, true);
        registry.addEntryListener((EntryUpdatedListener<String, Object>) this::registered, true);
        var unused = thread.scheduleWithFixedDelay(this::lookAndAsk, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        var unusedToo = thread.scheduleWithFixedDelay(
                succession::look, SUCCESSION_MILLIS, SUCCESSION_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** From now on the listener is told, beginning with what holds now. On the cluster's thread. */
    void attach(ClusterListener next) {
        look();
        listener = next;
        MembershipView known = view;
        if (known != null) {
            next.members(known);
            next.ownedPartitions(owned.clone());
            next.storageFull(!full.isEmpty());
            if (size.nodes() > 0) {
                next.agreedSize(size.nodes());
            }
        }
    }

    /** The incarnation is over: nobody is told anything until the next one attaches. On the cluster's thread. */
    void detach() {
        listener = null;
        incarnations.forgive();
        look();
    }

    /** Node incarnations of an earlier life of the cluster are gone for good. On the cluster's thread, before {@link ClusterListener#formed}. */
    void earlier(List<Long> gone) {
        incarnations.earlier(gone);
        look();
    }

    /** Tells the cluster whether this node's disk has no room for new messages. From any thread. */
    void announceFull(boolean now) {
        fullHere = now;
        var unused = registry.setAsync(FULL_PREFIX + nodeId, now);
    }

    /** The cluster has its buckets. On the cluster's thread. */
    void formed() {
        formed = true;
    }

    /** This node is empty and serves nobody any more: the others count without it from now on. Blocks. */
    void leftForGood() throws InterruptedException {
        announce(NONE);
        size.shrink();
    }

    /** Makes a new incarnation of this node known to the cluster; blocks until it is, or throws. Not on the cluster's thread. */
    void announce(long incarnation) {
        registry.set(KEY_PREFIX + nodeId, incarnation);
    }

    /** The Vert.x node id behind an incarnation, or null where it is no current one. From any thread. */
    @Nullable
    String nodeIdOf(long incarnation) {
        return nodeIds.get(incarnation);
    }

    /** The incarnations of the members at the last look, each with the id of its node. From any thread. */
    Map<Long, String> nodeIds() {
        return nodeIds;
    }

    /** Looks soon; several calls make one look. From any thread. */
    void lookSoon() {
        if (lookWaits.compareAndSet(false, true)) {
            try {
                thread.execute(() -> {
                    lookWaits.set(false);
                    look();
                });
            } catch (RejectedExecutionException stopped) {
                LOG.debug("the members changed while the node stops");
            }
        }
    }

    private void lookAndAsk() {
        untilNextTime(news::goOn);
        untilNextTime(this::askWhoIsFull);
        // What is known is asked for again, too: the event that tells of a new incarnation may have been lost.
        asked.clear();
        look();
        untilNextTime(this::askForSize);
    }

    private void askForSize() {
        MembershipView now = view;
        if (now != null) {
            boolean oldest = !now.nodes().isEmpty() && now.nodes().get(0) == host.incarnation();
            size.look(now.nodes().size(), formed && oldest);
        }
    }

    /** What is thrown would end the timer, and nobody would look any more. */
    private static void untilNextTime(Runnable look) {
        try {
            look.run();
        } catch (HazelcastInstanceNotActiveException | RejectedExecutionException stopped) {
            LOG.debug("looked for members after the stop, or told a node whose loops have ended");
        } catch (RuntimeException failure) {
            LOG.warn("could not look at the members; it is tried again", failure);
        }
    }

    private void askWhoIsFull() {
        Set<String> present = new HashSet<>();
        for (Member member : hazelcast.getCluster().getMembers()) {
            String id = String.valueOf(member.getAttribute(HazelcastConfiguration.NODE_ID));
            present.add(id);
            var unused = registry.getAsync(FULL_PREFIX + id)
                    .whenCompleteAsync((value, failure) -> toldFull(id, value, failure), thread);
        }
        if (full.retainAll(present)) {
            tellFull();
        }
    }

    private void toldFull(String id, @Nullable Object value, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.debug("the cluster's map did not tell whether a disk is full; it is asked again; node={}", id, failure);
            return;
        }
        boolean told = Boolean.TRUE.equals(value);
        boolean here = fullHere;
        if (id.equals(nodeId) && told != here) {
            // What it told on a side of a split that it gave up is not known to the others, which may have something
            // older.
            announceFull(here);
            isFull(id, here);
        } else {
            isFull(id, told);
        }
    }

    private void isFull(String id, boolean now) {
        if (now ? full.add(id) : full.remove(id)) {
            tellFull();
        }
    }

    private void tellFull() {
        if (listener != null) {
            listener.storageFull(!full.isEmpty());
        }
    }

    private void look() {
        untilNextTime(() -> {
            lookAtMembers();
            lookAtPartitions();
        });
    }

    private void lookAtMembers() {
        List<Long> present = new ArrayList<>();
        List<UUID> listed = new ArrayList<>();
        Map<Long, String> ids = new HashMap<>();
        int listVersion = PartitionHost.memberListVersion(hazelcast);
        for (Member member : hazelcast.getCluster().getMembers()) {
            listed.add(member.getUuid());
            String id = String.valueOf(member.getAttribute(HazelcastConfiguration.NODE_ID));
            Long incarnation = member.localMember() ? Long.valueOf(host.incarnation()) : incarnationOf(id, member);
            if (incarnation != null && incarnation != NONE && !incarnations.hasDeparted(incarnation)) {
                present.add(incarnation);
                ids.put(incarnation, id);
            }
        }
        changed(present, ids, listVersion, listed);
    }

    private void changed(List<Long> present, Map<Long, String> ids, int listVersion, List<UUID> listed) {
        MembershipView next = incarnations.changed(present);
        if (view != null && !present.containsAll(view.nodes())) {
            departure = next.number();
        }
        long[] sorted = present.stream().mapToLong(Long::longValue).sorted().toArray();
        host.members(new PartitionHost.Members(sorted, departure, listVersion, List.copyOf(listed)));
        if (view != null && view.number() == next.number()) {
            return;
        }
        LOG.info("members changed; view={} nodes={}", next.number(), next.nodes());
        view = next;
        nodeIds = Map.copyOf(ids);
        if (listener != null) {
            listener.members(next);
        }
    }

    /** The node's newest incarnation, or null until the cluster's map has answered about it. */
    private @Nullable Long incarnationOf(String id, Member member) {
        if (asked.add(id)) {
            var unused = registry.getAsync(KEY_PREFIX + id)
                    .whenCompleteAsync((value, failure) -> answered(id, member, value, failure), thread);
        }
        return newest.get(id);
    }

    private void answered(String id, Member member, @Nullable Object value, @Nullable Throwable failure) {
        if (failure != null) {
            LOG.debug("the cluster's map did not tell a node's incarnation; it is asked again; node={}", id, failure);
            return;
        }
        long incarnation = value instanceof Long renewed
                ? renewed
                : Long.parseLong(member.getAttribute(HazelcastConfiguration.INCARNATION));
        Long before = newest.put(id, incarnation);
        if (before == null || before != incarnation) {
            look();
        }
    }

    private void registered(EntryEvent<String, Object> event) {
        if (event.getKey().startsWith(KEY_PREFIX) && event.getValue() instanceof Long incarnation) {
            thread.execute(() -> {
                newest.put(event.getKey().substring(KEY_PREFIX.length()), incarnation);
                look();
            });
        }
    }

    private void lookAtPartitions() {
        int[] now = hazelcast.getPartitionService().getPartitions().stream()
                .filter(HazelcastMembership::isOwnedHere)
                .mapToInt(Partition::getPartitionId)
                .sorted()
                .toArray();
        host.forgetGone(hazelcast);
        if (!Arrays.equals(owned, now)) {
            owned = now;
            if (listener != null) {
                listener.ownedPartitions(now.clone());
            }
        }
    }

    private static boolean isOwnedHere(Partition partition) {
        Member owner = partition.getOwner();
        return owner != null && owner.localMember();
    }

    @Override
    public void memberAdded(MembershipEvent event) {
        LOG.info("a member joined; address={}", event.getMember().getAddress());
        lookSoon();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
        LOG.info("a member left; address={}", event.getMember().getAddress());
        memberLeft.run();
        news.memberLeft();
        lookSoon();
    }

    @Override
    public void migrationStarted(MigrationState state) {
        // Nothing has changed yet.
    }

    @Override
    public void migrationFinished(MigrationState state) {
        lookSoon();
    }

    @Override
    public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
        lookSoon();
        news.moved(event);
    }

    @Override
    public void replicaMigrationFailed(ReplicaMigrationEvent event) {
        lookSoon();
    }
}
