package io.covey.benchmarks;

import java.nio.ByteBuffer;
import java.util.List;

/** A client that subscribes to several filters as soon as it is connected. */
final class Newcomer implements Role {

    private static final int PACKET_ID = 1;

    private final LoopStats stats;
    private final List<String> filters;
    private final int qos;
    private final int version;
    private long sentNanos;

    Newcomer(LoopStats stats, List<String> filters, int qos, int version) {
        this.stats = stats;
        this.filters = filters;
        this.qos = qos;
        this.version = version;
    }

    @Override
    public void onReady(Connection connection, boolean sessionPresent, int receiveMaximum) {
        byte[] subscribe = WireFormat.subscribe(PACKET_ID, filters, qos, version);
        sentNanos = System.nanoTime();
        connection.reserve(subscribe.length).put(subscribe);
    }

    @Override
    public void onSubAck() {
        stats.acknowledgement.record(System.nanoTime() - sentNanos);
        LoopStats.add(stats.acknowledged, 1);
    }

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {
        LoopStats.add(stats.faults, 1);
    }

    @Override
    public void onAck(int type, int packetId, int reason) {
        LoopStats.add(stats.faults, 1);
    }

    @Override
    public void onReadEnd() {}

    @Override
    public void onWritable() {}
}
