package io.covey.broker;

import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Partitions;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * All lanes of a shard and what they share, which includes how much may wait in all of them. Owned by the shard's loop.
 */
final class Lanes implements Congestion {
    final NodeSettings settings;
    final ShardAddress self;
    final ShardLoop loop;
    final BucketGateway gateway;
    final NodeState state;
    final RouteAnnouncer announcer;
    final BrokerEvents events;
    final Outbox outbox;
    final Consumer<String> incarnationOver;
    private final Lane[] lanes;
    private final List<ShardConnection> paused = new ArrayList<>();
    private long waitingBytes;
    private final ArrayList<Lane> atTick = new ArrayList<>();
    private boolean tickComes;
    private boolean leaseSeen;

    /** Takes an effect on other buckets that a confirmed batch created. */
    interface Outbox {
        void accept(int partition, OutboxEntry entry);
    }

    Lanes(
            NodeSettings settings,
            ShardAddress self,
            ShardLoop loop,
            BucketGateway gateway,
            NodeState state,
            RouteAnnouncer announcer,
            BrokerEvents events,
            Outbox outbox,
            Consumer<String> incarnationOver) {
        this.settings = settings;
        this.self = self;
        this.loop = loop;
        this.gateway = gateway;
        this.state = state;
        this.announcer = announcer;
        this.events = events;
        this.outbox = outbox;
        this.incarnationOver = incarnationOver;
        this.lanes = new Lane[gateway.partitionCount()];
        for (int partition = 0; partition < lanes.length; partition++) {
            lanes[partition] = new Lane(this, partition);
        }
    }

    int count() {
        return lanes.length;
    }

    Lane lane(int partition) {
        return lanes[partition];
    }

    int partitionOfClient(String clientId) {
        return Partitions.ofClient(clientId, lanes.length);
    }

    int partitionOfTopic(String topic) {
        return Partitions.ofTopic(topic, lanes.length);
    }

    int partitionOfShared(String filter) {
        return Partitions.ofShared(filter, lanes.length);
    }

    /** The lease's term at this moment, or {@link NodeState#NO_LEASE}. */
    long leaseTerm() {
        return state.leaseTerm(loop.monotonicMillis());
    }

    /** The lease's term at this moment of the loop's clock, or {@link NodeState#NO_LEASE}. */
    long leaseTerm(long monotonicMicros) {
        return state.leaseTerm(monotonicMicros / 1_000);
    }

    /** Whether the lease is held, or never was: where it was and is not any more, the incarnation is over [I9]. */
    boolean leaseHeld() {
        if (leaseTerm() != NodeState.NO_LEASE) {
            leaseSeen = true;
            return true;
        }
        if (!leaseSeen) {
            return true; // the core prepares to serve; there are no clients yet
        }
        incarnationOver.accept("the lease is lost");
        return false;
    }

    /** Bytes came into a lane's queue, or left it where negative. */
    void waiting(long bytes) {
        waitingBytes += bytes;
    }

    /** Whether so much waits in all lanes together that publishers are to pause. */
    boolean isAboveMark() {
        return waitingBytes >= settings.waiting().shardBytesMax();
    }

    /** Whether no new client can be served: each could bring one more publish before it pauses. */
    boolean isFull() {
        return waitingBytes >= 2 * settings.waiting().shardBytesMax();
    }

    @Override
    public void resumeLater(ShardConnection connection) {
        paused.add(connection);
    }

    /** Lets publishers go on once half of what may wait is free. */
    void resumePaused() {
        if (!paused.isEmpty() && waitingBytes <= settings.waiting().shardBytesMax() / 2) {
            List<ShardConnection> resumed = List.copyOf(paused);
            paused.clear();
            resumed.forEach(ShardConnection::resume);
        }
    }

    /**
     * When an urgent command that arrives now is to leave. In a crowd all lanes wait for the same beat, so that what goes to partitions of
     * one node goes together; otherwise nothing is gained by waiting.
     */
    long urgentDueMicros(long nowMicros) {
        int linger = settings.batching().lingerMicros();
        return linger == 0 || !loop.isCrowded() ? nowMicros : (nowMicros / linger + 1) * linger;
    }

    /** Looks at the lane again at the next beat: one timer for all lanes. */
    void awaitTick(Lane lane, long delayMicros) {
        atTick.add(lane);
        if (!tickComes) {
            tickComes = true;
            loop.schedule(delayMicros, this::tick);
        }
    }

    private void tick() {
        tickComes = false;
        List<Lane> due = List.copyOf(atTick);
        atTick.clear();
        due.forEach(Lane::tick);
    }

    boolean isIdle() {
        for (Lane lane : lanes) {
            if (!lane.isIdle()) {
                return false;
            }
        }
        return true;
    }

    void close() {
        paused.clear();
        for (Lane lane : lanes) {
            lane.close();
        }
    }
}
