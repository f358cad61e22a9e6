package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.Result;
import io.covey.bucket.Shortage;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The publishes of one connection, first in first out up to the lanes, which keep the order from there [I4]. Bounded by the connection's
 * pending publishes. Owned by the shard's loop.
 *
 * <p>A publish leaves here once it has its number (QoS 2 of a persistent session), its retained value is confirmed and there is room for it;
 * until then those behind it wait. It is answered when every append is confirmed and the lease is still the one under which it came [I1].
 */
final class PublishPipeline implements Publication.Owner { // [MQTT-4.6.0-5..6]
    private static final int RAISE_FLOORS_MILLIS = 1_000;

    private final ShardConnection connection;
    private final Shard shard;
    private final ArrayDeque<Publication> waiting = new ArrayDeque<>();
    private final TimerWheel.Timer floors = new TimerWheel.Timer(this::raiseFloors);
    private @Nullable SourceNumbers numbers;
    private int inWork;
    private boolean running;
    private boolean channelled;

    PublishPipeline(ShardConnection connection, Shard shard) {
        this.connection = connection;
        this.shard = shard;
    }

    /** Takes a publish; it starts with the next {@link #run}. */
    void publish(long token, Message message, int packetId) {
        boolean answered = message.qos() != QoS.AT_MOST_ONCE;
        long nowMicros = answered ? shard.loop.monotonicMicros() : 0;
        Publication publication = new Publication(
                this,
                message,
                connection.clientId(),
                token,
                packetId,
                null,
                answered ? shard.lanes.leaseTerm(nowMicros) : NodeState.NO_LEASE,
                nowMicros);
        shard.events.publishReceived(message.qos(), message.payload().length);
        inWork++;
        waiting.add(publication);
        if (answered && shard.lanes.state.storageFull()) {
            publication.refused = Shortage.STORAGE;
            return;
        }
        if (packetId != 0) {
            publication.numbering = true;
            connection
                    .lane()
                    .submit(
                            new Command.Receive(connection.clientId(), connection.epoch(), packetId),
                            true,
                            publication);
        }
    }

    /** Starts what can be started, at the shard's last time. Never from inside a call of the connection, since deliveries may come back to it. */
    void run() {
        if (running) {
            return;
        }
        running = true;
        Publication next = waiting.peek();
        while (next != null && start(next)) {
            next = waiting.peek();
        }
        running = false;
    }

    /** Starts the first that waits, unless it has to wait. */
    private boolean start(Publication publication) {
        if (publication.numbering || publication.retaining) {
            return false;
        }
        if (publication.refused == null && publication.awaitsRetaining()) {
            publication.retaining = true;
            Message message = publication.message;
            shard.lanes
                    .lane(shard.lanes.partitionOfTopic(message.topic()))
                    .submit(new Command.Retain(message, publication.origin), true, publication); // [MQTT-3.3.1-5]
            return false;
        }
        Congestion blocked = publication.refused != null ? null : shard.fanOut.blocked(publication.message);
        if (blocked != null) {
            connection.pause(blocked);
            return false;
        }
        waiting.remove();
        if (publication.refused != null) {
            finished(publication);
            return true;
        }
        noteNumber(publication);
        Congestion congested = shard.fanOut.start(publication, shard.lastMillis());
        channelled |= publication.channelled;
        if (congested != null) {
            connection.pause(congested);
        }
        return true;
    }

    private void noteNumber(Publication publication) {
        Origin origin = publication.origin;
        if (origin == null) {
            return;
        }
        SourceNumbers known = numbers;
        if (known == null) {
            known = new SourceNumbers(shard.lanes, connection.clientId(), connection.incarnation());
            numbers = known;
        }
        known.sent(origin.number(), shard.fanOut.partitions(publication.message.topic()));
        if (publication.message.retain()) {
            known.sent(origin.number(), shard.lanes.partitionOfTopic(publication.message.topic()));
        }
    }

    @Override
    public void numbered(Publication publication, Result.Numbered number) {
        publication.origin = Origin.ofClient(
                connection.clientId(), connection.incarnation(), number.number(), number.floor()); // [MQTT-4.3.3-10]
        shard.nowMillis();
        run();
    }

    @Override
    public void retained(Publication publication) {
        shard.nowMillis();
        run();
    }

    @Override
    public void appended(Publication publication, Result.Appended appended) {
        shard.appended(publication.message, appended);
    }

    @Override
    public void finished(Publication publication) {
        if (publication.refused != null && publication.packetId != 0 && connection.tellsRefusals()) {
            // The client may use the Packet Identifier again after the refusal, for another message. One that is not
            // told sends this message again: under its number, so that buckets that have taken it know it [I3].
            connection
                    .lane()
                    .submit(
                            new Command.Release(connection.clientId(), connection.epoch(), publication.packetId),
                            true,
                            released -> answer(publication, ReasonCode.QUOTA_EXCEEDED));
            return;
        }
        if (publication.refused != null) {
            answer(publication, ReasonCode.QUOTA_EXCEEDED);
        } else {
            answer(publication, publication.matched > 0 ? ReasonCode.SUCCESS : ReasonCode.NO_MATCHING_SUBSCRIBERS);
        }
    }

    private void answer(Publication publication, ReasonCode reason) {
        Shortage refused = publication.refused;
        if (publication.message.qos() == QoS.AT_MOST_ONCE) {
            if (refused != null) {
                shard.events.dropped(DropReason.of(refused), 1);
            }
        } else {
            long nowMicros = shard.loop.monotonicMicros();
            if (publication.term != shard.lanes.leaseTerm(nowMicros) || !shard.lanes.leaseHeld()) {
                return; // [I1] [I9]: confirmed, but perhaps by a node that does not belong any more
            }
            if (reason.isError()) {
                shard.events.publishRefused(reason, refused);
            } else {
                shard.events.publishAcknowledged(nowMicros - publication.startedMicros);
            }
        }
        inWork--;
        connection.published(publication.token, reason);
    }

    @Override
    public void fenced(Publication publication) {
        dropWaiting();
        connection.fenced();
    }

    /** Forgets a Packet Identifier of QoS 2 in the session's bucket. */
    void release(int packetId) {
        Command release = new Command.Release(connection.clientId(), connection.epoch(), packetId);
        connection.lane().submit(release, true, result -> {
            if (result instanceof Result.Released released) {
                if (numbers != null) {
                    numbers.raise(released.floor());
                    shard.wheel.atLatest(floors, shard.nowMillis() + RAISE_FLOORS_MILLIS);
                }
                connection.released(packetId, released.found());
            } else {
                connection.superseded();
            }
        });
    }

    private void raiseFloors() {
        if (numbers != null) {
            numbers.flush();
        }
    }

    /** Nothing comes any more: tells the buckets what it can of the numbers they hold. */
    void close() {
        raiseFloors();
        shard.wheel.clear(floors);
    }

    /** Drops what has not reached a lane: it is not answered, and what is behind the one that was refused must not overtake it [I4]. */
    private void dropWaiting() {
        inWork -= waiting.size();
        waiting.clear();
    }

    /** Whether publishes went to other shards by channels. */
    boolean isChannelled() {
        return channelled;
    }

    /** Whether everything that was taken is answered. */
    boolean isIdle() {
        return inWork == 0;
    }
}
