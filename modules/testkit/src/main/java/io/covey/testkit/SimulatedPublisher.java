package io.covey.testkit;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
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
    private static final byte[] DELETION = {};

    /**
     * How it publishes.
     *
     * @param window publishes that may wait for their acknowledgement
     * @param retains whether everything is retained; sometimes it deletes, too
     * @param expiring the share of messages that expire, and soon
     * @param pauseMicrosMax between publishes
     */
    record Style(QoS qos, String[] topics, int window, boolean retains, double expiring, long pauseMicrosMax) {}

    private static final class Pending {
        final History.PublishKey key;
        final boolean deletes;
        final int expirySeconds;
        boolean released;

        Pending(History.PublishKey key, boolean deletes, int expirySeconds) {
            this.key = key;
            this.deletes = deletes;
            this.expirySeconds = expirySeconds;
        }
    }

    private final Style style;
    private final Map<Integer, Pending> pending = new LinkedHashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private boolean hadSession;
    private int lastPacketId;

    SimulatedPublisher(World world, String id, Style style) {
        super(world, id, style.expiring() > 0);
        this.style = style;
    }

    @Override
    protected void connected(boolean sessionPresent) {
        if (hadSession && !sessionPresent) {
            throw new History.InvariantViolated("I1: the session of " + id + " is gone");
        }
        hadSession = true;
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
        events.after(events.between(2000, style.pauseMicrosMax()), () -> {
            if (!isStopped()) {
                if (isConnected() && pending.size() < style.window()) {
                    publish();
                }
                run();
            }
        });
    }

    private void publish() {
        String topic = style.topics()[(int) events.between(0, style.topics().length - 1)];
        History.PublishKey key = new History.PublishKey(id, topic, numbers.merge(topic, 1L, Long::sum));
        boolean deletes = style.retains() && events.chance(0.2);
        int expirySeconds = style.expiring() > 0 && events.chance(style.expiring()) ? (int) events.between(1, 3) : 0;
        Pending message = new Pending(key, deletes, expirySeconds);
        if (style.retains()) {
            history.retained().sent(key, deletes);
        }
        if (style.qos() == QoS.AT_MOST_ONCE) {
            sendPublish(0, message, false);
            return;
        }
        lastPacketId = lastPacketId % 50 + 1;
        while (pending.containsKey(lastPacketId)) {
            lastPacketId = lastPacketId % 50 + 1;
        }
        pending.put(lastPacketId, message);
        sendPublish(lastPacketId, message, false);
    }

    private void sendPublish(int packetId, Pending message, boolean dup) {
        if (!message.deletes) {
            history.sent(message.key, style.qos(), message.expirySeconds > 0, version.isV5());
        }
        byte[] payload = message.deletes ? DELETION : message.key.payload().getBytes(StandardCharsets.UTF_8);
        Properties properties = message.expirySeconds == 0
                ? Properties.EMPTY
                : Properties.builder()
                        .add(Property.MESSAGE_EXPIRY_INTERVAL, message.expirySeconds)
                        .build();
        send(new Publish(dup, style.qos(), style.retains(), message.key.topic(), packetId, properties, payload));
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof PubAck ack) {
            Pending message = pending.remove(ack.packetId());
            if (message != null && !ack.reason().isError()) {
                acknowledged(message);
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
            acknowledged(message);
        }
        send(new PubRel(rec.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
    }

    private void acknowledged(Pending message) {
        if (!message.deletes) {
            history.acknowledged(message.key, peer());
        }
        if (style.retains()) {
            history.retained().acknowledged(message.key);
        }
    }

    @Override
    boolean isIdle() {
        return pending.isEmpty();
    }
}
