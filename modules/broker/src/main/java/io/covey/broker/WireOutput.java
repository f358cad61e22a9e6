package io.covey.broker;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;

/** What goes out on one client's wire, until it is closed, and whether it is read. Owned by the shard's loop. */
final class WireOutput {
    private final ClientConnection wire;
    private final BrokerEvents events;
    private boolean wanted = true;
    private boolean paused;
    private boolean reads = true;
    private boolean closed;

    WireOutput(ClientConnection wire, BrokerEvents events) {
        this.wire = wire;
        this.events = events;
    }

    void send(ControlPacket packet) {
        if (!closed) {
            wire.send(packet);
        }
    }

    void sendPublish(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias) {
        if (!closed) {
            if (!SystemTopics.isOne(message.topic())) { // the broker's own messages are nobody's traffic
                events.publishSent(qos, message.payload().length);
            }
            wire.sendPublish(message, packetId, qos, dup, retain, subscriptionIds, topicAlias);
        }
    }

    /** Whether the client takes more. */
    boolean isWritable() {
        return wire.isWritable();
    }

    /** The session wants to hear more, or not yet. */
    void reading(boolean on) {
        wanted = on;
        apply();
    }

    /** Stops reading for want of room; false when it is stopped for that already. */
    boolean pause() {
        boolean first = !paused;
        paused = true;
        apply();
        return first;
    }

    /** There is room again. */
    void resume() {
        paused = false;
        apply();
    }

    private void apply() {
        boolean now = wanted && !paused;
        if (now != reads && !closed) {
            reads = now;
            wire.reading(now);
        }
    }

    /** Closes the wire once what was sent is flushed. */
    void close() {
        if (!closed) {
            closed = true;
            wire.close();
        }
    }

    /** The wire is gone. */
    void lost() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    String remoteAddress() {
        return wire.remoteAddress();
    }

    String listener() {
        return wire.listener();
    }
}
