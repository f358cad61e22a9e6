package io.covey.benchmarks;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Receives one stream, checks it and acknowledges it, over one connection or several in turn, all of one loop. At QoS 2 it does what the
 * specification asks of a receiver: a message whose identifier is still held is not delivered again.
 */
final class Subscriber implements Role {

    private final LoopStats stats;
    private final int streamId;
    private final int qos;
    private final SequenceCheck check = new SequenceCheck();
    private final BitSet heldPacketIds = new BitSet();
    private final @Nullable Publisher peer;
    private @Nullable Connection connection;
    private boolean sessionPresent;
    private long expected = Long.MAX_VALUE;
    private long drainFromNanos;

    /** @param peer the publisher, on the same loop, that waits for this subscriber; or null */
    Subscriber(LoopStats stats, int streamId, int qos, @Nullable Publisher peer) {
        this.stats = stats;
        this.streamId = streamId;
        this.qos = qos;
        this.peer = peer;
    }

    SequenceCheck check() {
        return check;
    }

    boolean sessionPresent() {
        return sessionPresent;
    }

    /** From CONNACK to the arrival of the last of {@code count} messages is recorded as the session's drain. */
    void expect(long count) {
        expected = count;
    }

    @Override
    public void onReady(Connection ready, boolean present, int receiveMaximum) {
        connection = ready;
        sessionPresent = present;
        drainFromNanos = System.nanoTime();
    }

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {
        Connection from = connection;
        int receivedQos = flags >>> 1 & 3;
        if (from == null
                || payloadBytes < PublishTemplate.PAYLOAD_HEAD_BYTES
                || in.getInt(payloadAt) != streamId
                || receivedQos != qos) {
            LoopStats.add(stats.faults, 1);
            return;
        }
        boolean held = false;
        if (receivedQos == 1) {
            WireFormat.writeAck(from.reserve(WireFormat.ACK_BYTES), WireFormat.PUBACK, packetId);
        } else if (receivedQos == 2) {
            WireFormat.writeAck(from.reserve(WireFormat.ACK_BYTES), WireFormat.PUBREC, packetId);
            held = heldPacketIds.get(packetId);
            heldPacketIds.set(packetId);
        }
        if (!held) {
            deliver(in.getLong(payloadAt + 4), in.getLong(payloadAt + 12));
        }
    }

    private void deliver(long sequence, long sentNanos) {
        if (!check.accept(sequence)) {
            return;
        }
        LoopStats.add(stats.delivered, 1);
        if (stats.measures(sentNanos)) {
            stats.delivery.record(System.nanoTime() - sentNanos);
        }
        if (peer != null) {
            peer.onDelivered();
        }
        if (check.distinct() == expected) {
            stats.drain.record(System.nanoTime() - drainFromNanos);
        }
    }

    @Override
    public void onAck(int type, int packetId, int reason) {
        if (type != WireFormat.PUBREL || connection == null) {
            LoopStats.add(stats.faults, 1);
            return;
        }
        if (heldPacketIds.get(packetId)) {
            heldPacketIds.clear(packetId);
            LoopStats.add(stats.completed, 1);
        }
        WireFormat.writeAck(connection.reserve(WireFormat.ACK_BYTES), WireFormat.PUBCOMP, packetId);
    }

    @Override
    public void onReadEnd() {
        if (peer != null) {
            peer.pump();
        }
    }

    @Override
    public void onWritable() {}
}
