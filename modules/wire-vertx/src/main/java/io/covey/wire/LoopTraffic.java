package io.covey.wire;

import java.util.concurrent.atomic.AtomicLong;

/** What went over the wires of one event loop since its start: written by that loop without a locked instruction, read by any thread. */
public final class LoopTraffic {
    private final AtomicLong packetsReceived = new AtomicLong();
    private final AtomicLong packetsSent = new AtomicLong();
    private final AtomicLong bytesReceived = new AtomicLong();
    private final AtomicLong bytesSent = new AtomicLong();

    void packetReceived() {
        add(packetsReceived, 1);
    }

    void packetSent(int bytes) {
        add(packetsSent, 1);
        add(bytesSent, bytes);
    }

    void bytesReceived(int bytes) {
        add(bytesReceived, bytes);
    }

    private static void add(AtomicLong counter, long by) {
        counter.setOpaque(counter.getPlain() + by);
    }

    /** Control packets of all types that were received. */
    public long packetsReceived() {
        return packetsReceived.getOpaque();
    }

    /** Control packets of all types that were sent, to the last flush or not. */
    public long packetsSent() {
        return packetsSent.getOpaque();
    }

    /** Bytes of MQTT that were received, without what TLS or WebSocket adds. */
    public long bytesReceived() {
        return bytesReceived.getOpaque();
    }

    /** Bytes of MQTT that were sent, without what TLS or WebSocket adds. */
    public long bytesSent() {
        return bytesSent.getOpaque();
    }
}
