package io.covey.broker;

import io.covey.bucket.Standing;
import io.covey.routing.RouteTable;

/**
 * What a node's core publishes to its shards: routes, lease and membership. Written by the core only, but for what
 * the storage tells; each value is read through one volatile.
 */
public final class NodeState {
    /** {@link #leaseTerm} while no lease is held. */
    public static final long NO_LEASE = -1;

    /** {@link #bucketTerm} while no bucket may be changed. */
    public static final long NO_TERM = Standing.NO_TERM;

    /** While a majority has not yet agreed on anything since the newest departure. */
    private static final Agreement NOTHING_AGREED = new Agreement(-1, NO_TERM);

    private final long node;
    private volatile RouteTable routes = RouteTable.EMPTY;
    private volatile LeaseWindow lease = new LeaseWindow(NO_LEASE, Long.MIN_VALUE);
    private volatile Agreement agreement = NOTHING_AGREED;
    private volatile boolean serving;
    private volatile MembershipView members;
    private volatile boolean storageFull;
    private volatile int membersNeeded;

    private record LeaseWindow(long term, long untilMonotonicMillis) {}

    /** That a majority agrees on the departures up to a view, and on a term for what this node does to buckets since. */
    private record Agreement(long view, long term) {}

    /** The state of this incarnation, before it has joined. */
    public NodeState(long node, MembershipView members) {
        this.node = node;
        this.members = members;
    }

    /** This node's incarnation. */
    public long node() {
        return node;
    }

    /** The newest routes. */
    public RouteTable routes() {
        return routes;
    }

    /** The term of the lease that is held at this moment, or {@link #NO_LEASE} [I9]. Work begun in a term is completed in it or not at all. */
    public long leaseTerm(long monotonicMillis) {
        LeaseWindow window = lease;
        return monotonicMillis < window.untilMonotonicMillis ? window.term : NO_LEASE;
    }

    /**
     * The term under which buckets that this node owns may be changed at this moment, or {@link #NO_TERM} [I9]: the lease is held, and a majority has
     * agreed on the term since the newest departure of a member. From any thread.
     *
     * @param departureView the {@link MembershipView#number} with which the newest departure was told; whoever applies batches may know of it before
     *     this node's core does
     */
    public long bucketTerm(long monotonicMillis, long departureView) {
        Agreement known = agreement;
        return known.view >= departureView && leaseTerm(monotonicMillis) != NO_LEASE ? known.term : NO_TERM;
    }

    /** Whether clients may be served: lease held and routes caught up since. */
    public boolean serving() {
        return serving;
    }

    /** The newest view of the members. */
    public MembershipView members() {
        return members;
    }

    /** Whether a disk that new messages would go to has no room: publishes above QoS 0 are refused. */
    public boolean storageFull() {
        return storageFull;
    }

    /** How many members must be there for clients to be served, by the size that the cluster has agreed on; 0 before the node has started. */
    public int membersNeeded() {
        return membersNeeded;
    }

    void membersNeeded(int now) {
        membersNeeded = now;
    }

    void storageFull(boolean now) {
        storageFull = now;
    }

    void routes(RouteTable newest) {
        routes = newest;
    }

    void lease(long term, long untilMonotonicMillis) {
        lease = new LeaseWindow(term, untilMonotonicMillis);
    }

    void agreed(long viewNumber, long term) {
        agreement = new Agreement(viewNumber, term);
    }

    void nothingAgreed() {
        agreement = NOTHING_AGREED;
    }

    void serving(boolean now) {
        serving = now;
    }

    void members(MembershipView newest) {
        members = newest;
    }
}
