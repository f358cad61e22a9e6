package io.covey.testkit;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Publishes numbered messages at one QoS to a few topics, with a window, and repeats what is unacknowledged when it comes back. */
final class SimulatedPublisher extends SimulatedClient {
    private static final int WINDOW = 6;

    private static final class Pending {
        final History.PublishKey key;
        boolean released;

        Pending(History.PublishKey key) {
            this.key = key;
        }
    }

    private final QoS qos;
    private final String[] topics;
    private final Map<Integer, Pending> pending = new LinkedHashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private int lastPacketId;

    SimulatedPublisher(EventQueue events, History history, Nodes nodes, String id, QoS qos, String[] topics) {
        super(events, history, nodes, id);
        this.qos = qos;
        this.topics = topics.clone();
    }

    @Override
    protected void connected() {
        pending.forEach((packetId, message) -> {
            if (message.released) {
                send(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
            } else {
                sendPublish(packetId, message, true);
            }
        });
    }

    /** Publishes from time to time until stopped. */
    void run() {
        events.after(events.between(2000, 60_000), () -> {
            if (!isStopped()) {
                if (isConnected() && pending.size() < WINDOW) {
                    publish();
                }
                run();
            }
        });
    }

    private void publish() {
        String topic = topics[(int) events.between(0, topics.length - 1)];
        long number = numbers.merge(topic, 1L, Long::sum);
        lastPacketId = lastPacketId % 50 + 1;
        while (pending.containsKey(lastPacketId)) {
            lastPacketId = lastPacketId % 50 + 1;
        }
        Pending message = new Pending(new History.PublishKey(id, topic, number));
        pending.put(lastPacketId, message);
        history.sent(message.key, qos);
        sendPublish(lastPacketId, message, false);
    }

    private void sendPublish(int packetId, Pending message, boolean dup) {
        byte[] payload = message.key.payload().getBytes(StandardCharsets.UTF_8);
        send(new Publish(dup, qos, false, message.key.topic(), packetId, Properties.EMPTY, payload));
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof PubAck ack) {
            Pending message = pending.remove(ack.packetId());
            if (message != null && !ack.reason().isError()) {
                history.acknowledged(message.key);
            }
        } else if (packet instanceof PubRec rec) {
            received(rec);
        } else if (packet instanceof PubComp comp) {
            pending.remove(comp.packetId());
        }
    }

    private void received(PubRec rec) {
        Pending message = pending.get(rec.packetId());
        if (message == null) {
            return;
        }
        if (rec.reason().isError()) {
            pending.remove(rec.packetId());
            return;
        }
        if (!message.released) {
            message.released = true;
            history.acknowledged(message.key);
        }
        send(new PubRel(rec.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
    }

    @Override
    boolean isIdle() {
        return pending.isEmpty();
    }
}
