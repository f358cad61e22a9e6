package io.covey.bucket;

import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import org.jspecify.annotations.Nullable;

/** A member of a group: a client's session with this Shared Subscription, and how much of the group's messages it has. */
final class SharedMember {
    private static final int MEMBER_BYTES = 192;

    final String clientId;
    final long incarnation;
    long epoch;
    /** Where its connection is, or null while it is away. */
    @Nullable
    ShardAddress shard;

    boolean durable;
    QoS qos;
    int room;
    /** Messages that it was given. */
    long assigned;
    /** Messages that it is done with, as far as the group has heard. */
    long completed;
    /** Its bucket had no room; it is given nothing until it reports progress, or the next tick. */
    boolean stalled;

    SharedMember(SharedCommand.Join join) {
        this(join.clientId(), join.incarnation(), join.qos());
        completed = Math.max(0, join.completed());
        assigned = completed;
        update(join);
    }

    SharedMember(String clientId, long incarnation, QoS qos) {
        this.clientId = clientId;
        this.incarnation = incarnation;
        this.qos = qos;
    }

    /** It joins again, or its connection is a new one. */
    void update(SharedCommand.Join join) {
        // What a transient session's earlier connection had was lent to that connection.
        boolean lentAnew = !join.isQueued() && join.epoch() > epoch;
        epoch = join.epoch();
        shard = join.shard();
        durable = join.durable();
        qos = join.qos();
        room = join.room();
        stalled = false;
        if (lentAnew) {
            completed = assigned;
        } else {
            progressed(join.completed());
        }
    }

    /** It has completed so many since its session began. */
    void progressed(long count) {
        completed = Math.max(completed, count);
        assigned = Math.max(assigned, completed);
    }

    boolean isQueued() {
        return durable && qos != QoS.AT_MOST_ONCE;
    }

    /** Whether it is to be given messages now. */
    boolean isReady() {
        return shard != null && !stalled && assigned - completed < room;
    }

    long bytes() {
        return MEMBER_BYTES + 2L * clientId.length();
    }
}
