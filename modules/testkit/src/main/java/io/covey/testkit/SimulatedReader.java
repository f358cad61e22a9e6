package io.covey.testkit;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.TopicFilters;
import io.covey.protocol.UnsubAck;
import io.covey.protocol.Unsubscribe;
import io.covey.testkit.History.PublishKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads retained messages again and again: SUBSCRIBE, SUBACK with the retained messages behind it, PINGRESP behind these, UNSUBSCRIBE. Its
 * session is transient, so that nothing stands between SUBACK and the retained messages.
 */
final class SimulatedReader extends SimulatedReceiver {
    private final String filter;
    private final QoS qos;
    private final Map<String, Set<PublishKey>> seen = new HashMap<>();
    /** The newest value by topic, none after a deletion. */
    private final Map<String, PublishKey> values = new HashMap<>();

    /** Topics of which a retained message came. */
    private final Set<String> stored = new HashSet<>();

    private long subscribedMicros;
    private int packetId;
    private boolean reading;
    /** From when on reads show what stays; a time that does not come while there are writers. */
    private long lastSinceMicros = History.NEVER;

    private boolean hasReadLast;

    SimulatedReader(World world, String id, String filter, QoS qos) {
        super(world, id, true);
        this.filter = filter;
        this.qos = qos;
    }

    /** So many that what is retained never waits for acknowledgements. */
    @Override
    protected int receiveMaximum() {
        return 65_535;
    }

    @Override
    protected Wish wish() {
        return Wish.TRANSIENT;
    }

    @Override
    protected void connected(boolean sessionPresent) {
        forgetReceived();
        subscribe();
    }

    private void subscribe() {
        if (!isConnected() || reading) {
            return;
        }
        reading = true;
        seen.clear();
        values.clear();
        stored.clear();
        packetId = packetId % 100 + 1;
        subscribedMicros = events.nowMicros();
        SubscriptionRequest request = new SubscriptionRequest(filter, qos, false, false, 0);
        send(new Subscribe(packetId, Properties.EMPTY, List.of(request)));
    }

    @Override
    protected void ended(boolean wasConnected) {
        reading = false;
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof SubAck) {
            ping();
        } else if (packet instanceof UnsubAck) {
            reading = false;
            events.after(events.between(50_000, 1_500_000), this::subscribe);
        } else {
            super.packet(packet);
        }
    }

    @Override
    protected void message(Publish publish, @Nullable PublishKey key) {
        if (key == null) {
            values.remove(publish.topic());
            return;
        }
        if (publish.retain()) {
            stored.add(publish.topic());
        }
        seen.computeIfAbsent(publish.topic(), t -> new HashSet<>()).add(key);
        values.put(publish.topic(), key);
    }

    @Override
    protected void pong() {
        if (!reading) {
            return;
        }
        for (String topic : history.retained().topics()) {
            if (TopicFilters.matches(filter, topic)) {
                Set<PublishKey> live = seen.getOrDefault(topic, Set.of());
                history.retained().read(id, topic, subscribedMicros, live, !stored.contains(topic));
            }
        }
        if (subscribedMicros > lastSinceMicros) {
            readLast();
        }
        send(new Unsubscribe(packetId, Properties.EMPTY, List.of(filter)));
    }

    /** Nobody writes any more: what is read from now on is what stays. */
    void expectLast() {
        lastSinceMicros = Math.min(lastSinceMicros, events.nowMicros());
    }

    private void readLast() {
        hasReadLast = true;
        for (String topic : history.retained().topics()) {
            if (TopicFilters.matches(filter, topic)) {
                history.retained().lastRead(id, topic, values.get(topic));
            }
        }
    }

    @Override
    boolean isIdle() {
        return hasReadLast;
    }
}
