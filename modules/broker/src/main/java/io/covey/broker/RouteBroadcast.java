package io.covey.broker;

import io.covey.broker.NodeMessage.RouteBatch.PartitionDelta;
import io.covey.broker.NodeMessage.RouteBatch.ShardDelta;
import io.covey.broker.NodeMessage.RouteConfirm.Backed;
import io.covey.routing.ShardAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes the route changes that this node learns of known to the others, and tells when a change is live [I6]. Owned by the core's loop.
 *
 * <p>Changes are collected into numbered batches. Each is resent to each member until that member confirms it. A member that is so far behind that
 * the batches it misses are no longer kept gets a summary instead: the versions that it must reach.
 *
 * <p>A change is live when no node can serve clients without knowing it. Nodes outside of this one's view may still hold a lease, so every
 * confirm names the nodes that its sender has backed. A change counts as live once
 * <ol>
 *   <li>every member of the view has confirmed it, and those among them that are {@link Lease#isWitness witnesses} are a majority,
 *   <li>each witness has sent its newest list in answer to something sent within the last {@link #LIST_FRESH_MILLIS} (else probes ask for new ones),
 *   <li>every node on these lists has confirmed it too.
 * </ol>
 * A node that has said in the end that it serves nobody any more counts as gone at once, and nobody names it.
 *
 * <p>For let t be the earliest sending that such a list answers. A node that held the lease at t was granted it by a majority, so by one of the
 * witnesses; that one names it for as long after the lease's end as lists may differ in age, and says how long ago that was: what ended
 * before t is of no account. A node that did not hold the lease at t reads
 * all routes after it has acquired it, so after the change was made.
 */
final class RouteBroadcast {
    /** How far apart the lists may be that are taken together; no more than lists keep naming a lease that has ended. */
    static final int LIST_FRESH_MILLIS = Lease.BACKED_LINGER_MILLIS;

    /** What clocks of two nodes may differ by over that time, generously. */
    private static final int CLOCKS_MILLIS = 50;

    /** What was not confirmed after this time is sent again. */
    static final int RESEND_MILLIS = 200;

    /** Batches that are kept for resending. */
    static final int BATCHES_KEPT_MAX = 1024;

    /** Route changes in all batches that are kept. */
    static final int CHANGES_KEPT_MAX = 200_000;

    /** A batch with this many changes is sent at once. */
    static final int BATCH_CHANGES_MAX = 512;

    /** Batches resent to one node at a time. */
    private static final int RESEND_BATCHES_MAX = 32;

    private final long self;
    private final Lease lease;
    private final Output output;

    private long number;
    private List<PartitionDelta> openPartitions = new ArrayList<>();
    private List<ShardDelta> openShards = new ArrayList<>();
    private int openChanges;
    private final List<OpenWaiter> openWaiters = new ArrayList<>();

    /** The newest versions in batches sent so far: what a summary asks for. */
    private final Map<Integer, Long> sentPartitions = new LinkedHashMap<>();

    private final Map<ShardAddress, Long> sentShards = new LinkedHashMap<>();

    private final Deque<Sent> kept = new ArrayDeque<>();
    private int keptChanges;
    private final Map<Long, Peer> peers = new LinkedHashMap<>();
    private Set<Long> view = Set.of();
    /** Members that have given up their lease for good: they need not know anything any more. */
    private final Set<Long> returned = new HashSet<>();

    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private long probedMillis = Long.MIN_VALUE;

    /** What the broadcast wants done. */
    interface Output {
        /** Sends to a node's core, this node's own included; never handled inside the call. */
        void send(long node, NodeMessage message);

        /** What a subscription waits for is live; never handled inside the call. */
        void live(int shard, Runnable live);
    }

    private record Sent(NodeMessage.RouteBatch batch, int changes, long sentMillis) {
        private long number() {
            return batch.number();
        }
    }

    /** A batch that a peer has not confirmed. */
    private static final class Pending {
        private final Sent sent;
        private long lastSentMillis;

        private Pending(Sent sent) {
            this.sent = sent;
            this.lastSentMillis = sent.sentMillis;
        }
    }

    private record OpenWaiter(int shard, Runnable live) {}

    private record Waiter(long number, int shard, Runnable live) {}

    /** A node that has to confirm: of the view, or named by one of the view. */
    private static final class Peer {
        private final long node;
        /** Kept batches that it has not confirmed, by their numbers. */
        private final TreeMap<Long, Pending> unconfirmed = new TreeMap<>();
        /** The number of the summary that it has to confirm, which stands for all batches up to it; 0 for none. */
        private long summary;

        private long summaryFirstSentMillis;
        private long summarySentMillis;
        private List<Backed> backed = List.of();
        /** Whether that list is complete. */
        private boolean witness;
        /** The sending that its list answers, and when the list came. */
        private long listAnswersMillis = Long.MIN_VALUE;

        private long listCameMillis = Long.MIN_VALUE;

        private Peer(long node) {
            this.node = node;
        }

        private long knownUpTo(long newest) {
            if (summary != 0) {
                return 0;
            }
            return unconfirmed.isEmpty() ? newest : unconfirmed.firstKey() - 1;
        }
    }

    RouteBroadcast(long self, Lease lease, Output output) {
        this.self = self;
        this.lease = lease;
        this.output = output;
        peers.put(self, new Peer(self));
    }

    /** The members changed: newcomers have to know everything so far, and who left need not confirm unless it is still backed. */
    void members(List<Long> nodes, long nowMillis) {
        returned.retainAll(nodes);
        view = new LinkedHashSet<>(nodes);
        view.removeAll(returned);
        peers.values().removeIf(peer -> peer.node != self && !view.contains(peer.node));
        dropConfirmed();
        for (long node : view) {
            peer(node, nowMillis);
        }
        complete(nowMillis);
    }

    /** A node has ended in order and said so: it serves nobody, so nothing need wait until its lease is over. */
    void returned(long node, long nowMillis) {
        if (node != self && view.contains(node)) {
            returned.add(node);
            view.remove(node);
            peers.remove(node);
            dropConfirmed();
            complete(nowMillis);
        }
    }

    private Peer peer(long node, long nowMillis) {
        Peer peer = peers.get(node);
        if (peer == null) {
            peer = new Peer(node);
            peers.put(node, peer);
            if (number > 0) {
                summarize(peer, nowMillis);
            }
        }
        return peer;
    }

    private void summarize(Peer peer, long nowMillis) {
        peer.unconfirmed.clear();
        peer.summary = ++number; // a number of its own: the confirm of a batch must not be taken for that of a summary
        peer.summaryFirstSentMillis = nowMillis;
        sendSummary(peer, nowMillis);
    }

    private void sendSummary(Peer peer, long nowMillis) {
        peer.summarySentMillis = nowMillis;
        List<PartitionDelta> partitions = new ArrayList<>(sentPartitions.size());
        List<ShardDelta> shards = new ArrayList<>(sentShards.size());
        sentPartitions.forEach(
                (partition, version) -> partitions.add(new PartitionDelta(partition, version, List.of(), List.of())));
        sentShards.forEach((shard, version) -> shards.add(new ShardDelta(shard, version, List.of())));
        output.send(peer.node, new NodeMessage.RouteBatch(self, peer.summary, partitions, shards));
    }

    /** Adds a partition's change, or with empty lists the wish that its version be known. */
    void add(PartitionDelta delta) {
        openPartitions.add(delta);
        openChanges += 1 + delta.added().size() + delta.removed().size();
    }

    /** Adds a shard's change, or with an empty list the wish that its version be known. */
    void add(ShardDelta delta) {
        openShards.add(delta);
        openChanges += 1 + delta.changed().size();
    }

    /** Calls back once everything added so far is live. */
    void await(int shard, Runnable live) {
        openWaiters.add(new OpenWaiter(shard, live));
    }

    /** Whether what was added is enough for a batch. */
    boolean isFull() {
        return openChanges >= BATCH_CHANGES_MAX;
    }

    /** Whether anything was added. */
    boolean hasOpen() {
        return openChanges > 0 || !openWaiters.isEmpty();
    }

    /** Sends what was added. */
    void flush(long nowMillis) {
        if (hasOpen()) {
            sendOpen(nowMillis);
        }
    }

    private void sendOpen(long nowMillis) {
        number++;
        NodeMessage.RouteBatch batch =
                new NodeMessage.RouteBatch(self, number, List.copyOf(openPartitions), List.copyOf(openShards));
        Sent sent = new Sent(batch, openChanges, nowMillis);
        batch.partitions().forEach(delta -> sentPartitions.merge(delta.partition(), delta.version(), Math::max));
        batch.shards().forEach(delta -> sentShards.merge(delta.shard(), delta.version(), Math::max));
        openPartitions = new ArrayList<>();
        openShards = new ArrayList<>();
        openChanges = 0;
        openWaiters.forEach(waiter -> waiters.add(new Waiter(number, waiter.shard, waiter.live)));
        openWaiters.clear();
        kept.add(sent);
        keptChanges += sent.changes;
        for (Peer peer : peers.values()) {
            peer.unconfirmed.put(number, new Pending(sent));
        }
        for (Peer peer : List.copyOf(peers.values())) {
            output.send(peer.node, batch);
        }
        while (kept.size() > BATCHES_KEPT_MAX || keptChanges > CHANGES_KEPT_MAX && kept.size() > 1) {
            dropOldest(nowMillis);
        }
    }

    private void dropOldest(long nowMillis) {
        Sent oldest = kept.removeFirst();
        keptChanges -= oldest.changes;
        for (Peer peer : peers.values()) {
            if (peer.unconfirmed.containsKey(oldest.number())) {
                summarize(peer, nowMillis);
            }
        }
    }

    /** This node itself knows every version of its batch, or of its summary, of this number. */
    void confirmedBySelf(long ofNumber, long nowMillis) {
        confirmed(new NodeMessage.RouteConfirm(self, ofNumber, false, List.of()), nowMillis);
    }

    /** Another node's confirm. */
    void confirmed(NodeMessage.RouteConfirm confirm, long nowMillis) {
        long ofNumber = confirm.number();
        Peer peer = peers.get(confirm.from());
        if (peer == null) {
            return;
        }
        if (peer.summary != 0 && peer.summary == ofNumber) {
            peer.summary = 0;
            takeList(peer, confirm, peer.summaryFirstSentMillis, nowMillis);
        } else {
            Pending pending = peer.unconfirmed.remove(ofNumber);
            if (pending == null) {
                return; // confirmed before
            }
            takeList(peer, confirm, pending.sent.sentMillis, nowMillis);
        }
        dropConfirmed();
        complete(nowMillis);
    }

    private static void takeList(Peer peer, NodeMessage.RouteConfirm confirm, long answersMillis, long nowMillis) {
        if (answersMillis >= peer.listAnswersMillis) {
            peer.backed = confirm.backed();
            peer.witness = confirm.witness();
            peer.listAnswersMillis = answersMillis;
            peer.listCameMillis = nowMillis;
        }
    }

    private void dropConfirmed() {
        long confirmedByAll = number;
        for (Peer peer : peers.values()) {
            if (!peer.unconfirmed.isEmpty()) {
                confirmedByAll = Math.min(confirmedByAll, peer.unconfirmed.firstKey() - 1);
            }
        }
        while (!kept.isEmpty() && kept.getFirst().number() <= confirmedByAll) {
            keptChanges -= kept.removeFirst().changes;
        }
    }

    /** Sends again what was not confirmed, and asks for new lists where somebody waits for them. To be called every few milliseconds. */
    void tick(long nowMillis) {
        for (Peer peer : List.copyOf(peers.values())) {
            if (peer.summary != 0 && nowMillis - peer.summarySentMillis >= RESEND_MILLIS) {
                sendSummary(peer, nowMillis);
            }
            resend(peer, nowMillis);
        }
        complete(nowMillis);
        if (!waiters.isEmpty()
                && !hasOpen()
                && nowMillis - Math.max(probedMillis, newestSentMillis()) >= RESEND_MILLIS) {
            probedMillis = nowMillis;
            sendOpen(nowMillis);
        }
    }

    private long newestSentMillis() {
        Sent newest = kept.peekLast();
        return newest == null ? Long.MIN_VALUE / 2 : newest.sentMillis;
    }

    private void resend(Peer peer, long nowMillis) {
        int budget = RESEND_BATCHES_MAX;
        for (Pending pending : List.copyOf(peer.unconfirmed.values())) {
            if (nowMillis - pending.lastSentMillis >= RESEND_MILLIS) {
                pending.lastSentMillis = nowMillis;
                output.send(peer.node, pending.sent.batch);
                if (--budget == 0) {
                    return;
                }
            }
        }
    }

    private void complete(long nowMillis) {
        if (waiters.isEmpty()) {
            return;
        }
        int witnesses = lease.isWitness(nowMillis) ? 1 : 0;
        long earliestMillis = nowMillis;
        for (long node : view) {
            Peer peer = peer(node, nowMillis);
            if (node != self && peer.witness) {
                witnesses++;
                earliestMillis = Math.min(earliestMillis, peer.listAnswersMillis);
            }
        }
        if (witnesses < lease.quorum()) {
            return;
        }
        boolean fresh = nowMillis - LIST_FRESH_MILLIS <= earliestMillis;
        Set<Long> named = named(fresh ? earliestMillis : Long.MIN_VALUE, nowMillis);
        peers.values().removeIf(peer -> peer.node != self && !view.contains(peer.node) && !named.contains(peer.node));
        for (long node : named) {
            peer(node, nowMillis);
        }
        if (!fresh) {
            return;
        }
        long known = number;
        for (Peer peer : peers.values()) {
            known = Math.min(known, peer.knownUpTo(number));
        }
        while (!waiters.isEmpty() && waiters.getFirst().number <= known) {
            Waiter waiter = waiters.removeFirst();
            output.live(waiter.shard, waiter.live);
        }
    }

    /** Whose lease may have been valid at this time or later, as far as the members know. */
    private Set<Long> named(long sinceMillis, long nowMillis) {
        Set<Long> named = new LinkedHashSet<>();
        addNamed(named, lease.backed(nowMillis), nowMillis, sinceMillis);
        for (long node : view) {
            Peer peer = peer(node, nowMillis);
            addNamed(named, peer.backed, peer.listCameMillis, sinceMillis);
        }
        named.removeAll(returned);
        return named;
    }

    /** A list was made before it came, so what it says is over was over that long before it came. */
    private static void addNamed(Set<Long> named, List<Backed> list, long cameMillis, long sinceMillis) {
        for (Backed backed : list) {
            if (backed.endedMillisAgo() == 0 || cameMillis - backed.endedMillisAgo() + CLOCKS_MILLIS >= sinceMillis) {
                named.add(backed.node());
            }
        }
    }
}
