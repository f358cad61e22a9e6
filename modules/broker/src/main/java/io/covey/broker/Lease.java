package io.covey.broker;

import io.covey.broker.NodeMessage.RouteConfirm.Backed;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The right of a node to serve clients, and its part in giving that right to others [I9]. A node holds the lease when a majority has granted a
 * request of it, until a fixed time after the <em>sending</em> of that request; it renews by further requests. Once lapsed it never comes back:
 * the node goes on as a new incarnation.
 *
 * <p>The majority is counted of the largest cluster ever seen (or the configured size, if larger), so two sides of a split never both find one. What
 * remains is a node that still holds the lease from before: whoever granted it names it in {@link #backed}, and a subscription is live only when
 * that node knows it too. An incarnation does not remember what earlier ones on its machine granted: so it is no {@link #isWitness witness} until it
 * has heard of as many nodes as the cluster has, all of which it then names, or until every lease of that time is over.
 *
 * <p>Nobody grants to a node that takes fewer for members than itself: after a cut that has healed, a node may for seconds be in everybody's view while
 * its own lacks others, and with it its partition table. As the owner of what these others own, it must not change buckets.
 *
 * <p>With the lease a majority agrees on the <em>term</em> under which this node changes the buckets that it owns. After each departure the node
 * proposes another term, and it counts only when everybody in a majority had heard of lower ones only. Majorities intersect, so it is higher than any
 * that a node that is gone can have been agreed on: what that one did to a bucket last, confirmed or not, never counts as newer than what its heir
 * does. Nodes that are there at the same time may hold different terms in any order, and keep them when others agree on higher ones.
 *
 * <p>All times are of the node's own monotonic clock: a granter's record, made later than the request was sent, outlasts the holder's right. Owned
 * by the core's loop.
 */
final class Lease {
    /**
     * How long after its end a granted lease is still named: confirms are compared over this time, see {@link RouteBroadcast}. Long enough for the
     * answers of nodes that are very busy.
     */
    static final int BACKED_LINGER_MILLIS = 2_000;

    /** What {@link #requested} answers where nothing is granted. */
    static final long NOT_GRANTED = -1;

    /** Requests whose answers count: as many as fit into a lease where they are sent every few hundredths of a second, however late nodes answer. */
    private static final int ROUNDS_MAX = 128;

    /** Nodes that propose the same again and again part ways within this many terms. */
    private static final int TERM_SPREAD_MASK = 3;

    private final long self;
    private final NodeSettings.Membership settings;
    private final long startedMillis;
    private Set<Long> view = Set.of();
    private int largestView;
    /** Of how many nodes the cluster is made, as they have agreed; 0 until this node was told. */
    private int agreedSize;
    /** Members that have asked since the newest of them appeared. */
    private final Set<Long> askedSinceGrowth = new HashSet<>();
    /** Members that have asked since this incarnation started: they are alive, unlike what else a view may list for a while. */
    private final Set<Long> heard = new HashSet<>();

    private long round;
    private final Round[] rounds = new Round[ROUNDS_MAX];
    private long validUntilMillis = Long.MIN_VALUE;
    private boolean acquired;
    private boolean lapsed;
    /** The last round that was asked before the newest departure. */
    private long departureRound;

    private boolean agreed;
    /** What was agreed on last. */
    private long term;
    /** The highest term of which this node has heard, in a request of its own too. */
    private long highestTerm;

    /** What was asked, and who has granted it. */
    private static final class Round {
        private long sentMillis;
        private long term;
        private final Set<Long> granters = new HashSet<>();
        /** Those that had heard of lower terms only. */
        private final Set<Long> agreeing = new HashSet<>();
    }

    /** Until when the lease of a node that this one has granted to may be valid. */
    private final Map<Long, Long> grantedUntilMillis = new LinkedHashMap<>();

    Lease(long self, NodeSettings settings, long nowMillis) {
        this.self = self;
        this.settings = settings.membership();
        this.startedMillis = nowMillis;
        for (int i = 0; i < ROUNDS_MAX; i++) {
            rounds[i] = new Round();
        }
    }

    /** The members changed. */
    void members(List<Long> nodes) {
        if (!view.containsAll(nodes)) {
            askedSinceGrowth.clear();
        }
        if (!nodes.containsAll(view)) {
            departureRound = round;
            agreed = false;
        }
        view = Set.copyOf(nodes);
        heard.retainAll(view);
        askedSinceGrowth.retainAll(view);
        measure();
    }

    /**
     * A view counts once all its members have asked after the newest of them had appeared. A node that died and came back under a new incarnation
     * may be listed twice for a while, and counting it twice would raise the majority for good.
     */
    private void measure() {
        if (askedSinceGrowth.size() + 1 >= view.size()) {
            largestView = Math.max(largestView, view.size());
        }
    }

    private int clusterSize() {
        return Math.max(agreedSize > 0 ? agreedSize : settings.configuredMembers(), largestView);
    }

    /**
     * The nodes have agreed of how many the cluster is made: this counts instead of what was configured. Where it is smaller than before, those that are
     * not counted any more have gone before, and neither hold a lease nor grant one.
     */
    void agreedSize(int nodes) {
        if (nodes < clusterSize()) {
            largestView = 0;
        }
        agreedSize = nodes;
        measure();
    }

    /** How many nodes must grant, this one included. */
    int quorum() {
        return settings.single() ? 1 : Math.max(settings.minimumMembers(), clusterSize() / 2 + 1);
    }

    /** Whether this node knows everything that was granted on its machine, so that what it names counts. */
    boolean isWitness(long nowMillis) {
        return settings.single()
                || heard.size() + 1 >= clusterSize()
                || nowMillis - startedMillis >= settings.leaseMillis() + BACKED_LINGER_MILLIS;
    }

    /**
     * Begins a round of requests, to be sent right now; returns its number.
     *
     * @param clockMillis milliseconds of the epoch, as all nodes know them about
     */
    long request(long nowMillis, long clockMillis) {
        checkLapse(nowMillis);
        round++;
        Round asked = rounds[(int) (round % ROUNDS_MAX)];
        asked.sentMillis = nowMillis;
        asked.granters.clear();
        asked.agreeing.clear();
        long heard = highestTerm;
        asked.term = agreed ? term : proposal(clockMillis);
        highestTerm = Math.max(heard, asked.term);
        grantedBy(self, round, heard, nowMillis);
        return round;
    }

    /**
     * Another term for each round, since granters do not remember whose the highest was. That it is higher than what is known makes it
     * unique among nodes that know each other: every request tells its asker's term. The clock is for what nobody remembers: incarnations forget what
     * they granted, and all of them may have begun anew since.
     */
    private long proposal(long clockMillis) {
        long spread = self >>> (round % (Long.SIZE - 3)) & TERM_SPREAD_MASK;
        return Math.max(highestTerm + 1 + spread, clockMillis);
    }

    /** The term that the newest round carries: that under which this node changes buckets, or the one that it proposes. */
    long requestedTerm() {
        return rounds[(int) (round % ROUNDS_MAX)].term;
    }

    /**
     * Another node asks; what is granted is to be sent right now.
     *
     * @param askedTerm under which it acts, or wants to
     * @param members whom the asker takes for members. One that misses somebody of this node's view has seen a side of a split that may be
     *     over, or knows of a departure before this one does: it waits until the two agree
     * @return the highest term of which this node had heard before, or {@link #NOT_GRANTED}
     */
    long requested(long from, long askedTerm, Collection<Long> members, long nowMillis) {
        long before = highestTerm;
        highestTerm = Math.max(before, askedTerm);
        if (!view.contains(from) || !members.containsAll(view)) {
            return NOT_GRANTED;
        }
        heard.add(from);
        askedSinceGrowth.add(from);
        measure();
        grantedUntilMillis.put(from, nowMillis + settings.leaseMillis());
        return before;
    }

    /** A node has given up its lease and will not hold one again: what it was granted stands in nobody's way any more. */
    void returned(long from) {
        grantedUntilMillis.remove(from);
    }

    /**
     * A grant arrived, for whichever round.
     *
     * @param heardTerm the highest term of which the granter had heard before
     * @return whether the proposed term is not high enough: to be asked again at once, with a higher one
     */
    boolean granted(long from, long ofRound, long heardTerm, long nowMillis) {
        checkLapse(nowMillis);
        if (from == self || !view.contains(from)) {
            return false;
        }
        highestTerm = Math.max(highestTerm, heardTerm);
        grantedBy(from, ofRound, heardTerm, nowMillis);
        return !agreed && ofRound == round && heardTerm >= requestedTerm();
    }

    private void grantedBy(long from, long ofRound, long heardTerm, long nowMillis) {
        if (ofRound > round || ofRound <= round - ROUNDS_MAX || lapsed) {
            return;
        }
        Round asked = rounds[(int) (ofRound % ROUNDS_MAX)];
        asked.granters.add(from);
        if (heardTerm < asked.term) {
            asked.agreeing.add(from);
        }
        long until = settings.single() ? Long.MAX_VALUE : asked.sentMillis + settings.leaseMillis();
        if (asked.granters.size() >= quorum() && until > nowMillis) {
            validUntilMillis = Math.max(validUntilMillis, until);
            acquired = true;
            if (!agreed && ofRound > departureRound && asked.agreeing.size() >= quorum()) {
                agreed = true;
                term = asked.term;
            }
        }
    }

    /**
     * Whether a majority has agreed on a term since the newest departure that this node knows of, so agrees that it happened. Without, this node may be
     * with a member that slept and woke with a view of its own; the others go on, and own what it takes for its own. Then it must not change
     * buckets, also while a lease of before lasts.
     */
    boolean isAgreed() {
        return agreed;
    }

    /** The term that was agreed on last. */
    long term() {
        return term;
    }

    private void checkLapse(long nowMillis) {
        lapsed |= acquired && nowMillis >= validUntilMillis;
    }

    /** Whether it is held at this moment. */
    boolean isHeld(long nowMillis) {
        checkLapse(nowMillis);
        return acquired && !lapsed;
    }

    /** Whether it was held and is over for good. */
    boolean hasLapsed(long nowMillis) {
        checkLapse(nowMillis);
        return lapsed;
    }

    /** Until when it is held; {@link Long#MIN_VALUE} before it was acquired. */
    long validUntilMillis() {
        return validUntilMillis;
    }

    /** The nodes to which this one has granted a lease that was valid within the last {@link #BACKED_LINGER_MILLIS}. */
    List<Backed> backed(long nowMillis) {
        grantedUntilMillis.values().removeIf(until -> until + BACKED_LINGER_MILLIS <= nowMillis);
        List<Backed> backed = new ArrayList<>();
        grantedUntilMillis.forEach((node, until) -> backed.add(new Backed(node, (int) Math.max(0, nowMillis - until))));
        return backed;
    }
}
