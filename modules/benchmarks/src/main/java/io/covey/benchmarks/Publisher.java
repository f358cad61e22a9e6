package io.covey.benchmarks;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to its streams in turn. Either in a closed loop, as fast as the window allows, or one by one when a {@link Pacer} says so. Owned
 * by its connection's loop.
 *
 * <p>At QoS 1 and 2 the window counts messages that the broker has not acknowledged (at QoS 2: completed). At QoS 0, where nothing is
 * acknowledged, it counts messages that the paired subscriber has not received.
 */
final class Publisher implements Role {

    /** At QoS 0: a window that has not moved for so long is taken for lost, and the publisher goes on. */
    static final long STALL_NANOS = 1_000_000_000L;

    private static final int PACKET_IDS_MAX = 32_768;

    private final LoopStats stats;
    private final PublishTemplate[] streams;
    private final int qos;
    private final int lagMax;
    private final long budget;
    private final long[] sentAtNanos;
    private int window;
    private @Nullable Connection connection;
    private boolean running;
    private boolean finished;
    private long sent;
    private int inFlight;
    private int lastPacketId;
    private int turn;
    private long sequence;
    private boolean followsDelivery;
    private long delivered;
    private long writtenOff;
    private long movedAtNanos;

    /**
     * @param window how many messages may be under way
     * @param lagMax how far the subscriber may stay behind before the publisher waits; where the subscriber is not followed it is ignored
     * @param budget how many messages in all
     */
    Publisher(LoopStats stats, PublishTemplate[] streams, int qos, int window, int lagMax, long budget) {
        this.stats = stats;
        this.streams = streams;
        this.qos = qos;
        this.window = window;
        this.lagMax = lagMax;
        this.budget = budget;
        // Twice the window, so that an identifier rests a while before it is used again.
        int ids = Math.min(PACKET_IDS_MAX, Integer.highestOneBit(window) * 4);
        this.sentAtNanos = qos == 0 ? new long[0] : new long[ids];
    }

    /** The subscriber, on the same loop, tells what it receives. */
    void followDelivery() {
        followsDelivery = true;
    }

    void start() {
        running = true;
        pump();
    }

    void stop() {
        running = false;
    }

    long sent() {
        return sent;
    }

    boolean idle() {
        return inFlight == 0;
    }

    /** Called by the paired subscriber before its {@link #pump()}. */
    void onDelivered() {
        delivered++;
    }

    /** Sends what the window, the lag and the budget allow. */
    void pump() {
        Connection target = connection;
        if (!running || target == null) {
            return;
        }
        while (mayPublish(target)) {
            publish(target, System.nanoTime());
        }
        if (sent >= budget) {
            running = false;
            finish();
        }
    }

    /** Sends one message now, unless the window is full or the connection gone. */
    void publishOne(long nowNanos) {
        Connection target = connection;
        if (target != null && mayPublish(target)) {
            publish(target, nowNanos);
        } else {
            LoopStats.add(stats.skipped, 1);
        }
    }

    /** At QoS 0: writes off what a broker has evidently dropped. */
    void checkStall(long nowNanos) {
        long outstanding = sent - delivered - writtenOff;
        if (running && outstanding >= window && nowNanos - movedAtNanos > STALL_NANOS) {
            writtenOff += outstanding;
            pump();
        }
    }

    private boolean mayPublish(Connection target) {
        if (sent >= budget || target.state() != Connection.State.READY || target.congested()) {
            return false;
        }
        long lag = sent - delivered - writtenOff;
        if (qos == 0) {
            return !followsDelivery || lag < window;
        }
        return inFlight < window && (!followsDelivery || lag < lagMax);
    }

    private void publish(Connection target, long nowNanos) {
        PublishTemplate template = streams[turn];
        int packetId = qos == 0 ? 0 : takePacketId(nowNanos);
        template.write(target.reserve(template.bytes()), packetId, sequence, nowNanos);
        sent++;
        movedAtNanos = nowNanos;
        LoopStats.add(stats.published, 1);
        if (++turn == streams.length) {
            turn = 0;
            sequence++;
        }
    }

    private int takePacketId(long nowNanos) {
        int id = lastPacketId;
        do {
            id = id % sentAtNanos.length + 1;
        } while (sentAtNanos[id - 1] != 0);
        lastPacketId = id;
        sentAtNanos[id - 1] = nowNanos;
        inFlight++;
        return id;
    }

    private void finish() {
        if (!finished) {
            finished = true;
            LoopStats.add(stats.finishedPublishers, 1);
        }
    }

    @Override
    public void onReady(Connection ready, boolean sessionPresent, int receiveMaximum) {
        connection = ready;
        window = Math.min(window, receiveMaximum);
    }

    @Override
    public void onAck(int type, int packetId, int reason) {
        if (packetId < 1 || packetId > sentAtNanos.length || sentAtNanos[packetId - 1] == 0) {
            LoopStats.add(stats.faults, 1);
            return;
        }
        boolean refused = reason >= 0x80;
        switch (type) {
            case WireFormat.PUBACK -> complete(packetId, refused, qos == 1);
            case WireFormat.PUBREC -> {
                if (refused) {
                    complete(packetId, true, true);
                } else {
                    recordAcknowledgement(packetId);
                    if (connection != null) {
                        WireFormat.writeAck(connection.reserve(WireFormat.ACK_BYTES), WireFormat.PUBREL, packetId);
                    }
                }
            }
            case WireFormat.PUBCOMP -> complete(packetId, refused, qos == 2);
            default -> LoopStats.add(stats.faults, 1);
        }
    }

    private void complete(int packetId, boolean refused, boolean expected) {
        if (!expected) {
            LoopStats.add(stats.faults, 1);
        }
        if (refused) {
            LoopStats.add(stats.refused, 1);
        } else if (qos == 1) {
            recordAcknowledgement(packetId);
        }
        sentAtNanos[packetId - 1] = 0;
        inFlight--;
        LoopStats.add(stats.acknowledged, 1);
    }

    /** PUBACK or PUBREC: the moment from which the broker answers for the message. */
    private void recordAcknowledgement(int packetId) {
        long sentAt = sentAtNanos[packetId - 1];
        if (stats.measures(sentAt)) {
            stats.acknowledgement.record(System.nanoTime() - sentAt);
        }
    }

    @Override
    public void onReadEnd() {
        pump();
    }

    @Override
    public void onWritable() {
        pump();
    }

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {
        LoopStats.add(stats.faults, 1);
    }
}
