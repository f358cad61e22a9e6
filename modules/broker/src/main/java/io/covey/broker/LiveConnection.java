package io.covey.broker;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.ProtocolVersion;
import io.covey.routing.Subscription;
import io.covey.session.ConnectionEvent;
import io.covey.session.ConnectionView;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A client's connection at one moment, as the shard that holds it tells the management interface. Immutable.
 *
 * @param subscriptions those of a session that ends with its connection; the others are in the session's bucket
 * @param drops messages that this connection has dropped, by reason
 * @param sentAtMillis cluster time of the last message of QoS 1 or 2 that was sent, or of CONNACK
 */
public record LiveConnection(
        ConnectionView view,
        String listener,
        String remoteAddress,
        List<Subscription> subscriptions,
        Map<ConnectionEvent, Long> drops,
        long sentAtMillis,
        Stuck stuck) {

    /**
     * Whether messages wait that could be sent and are not.
     *
     * @param now whether it is so at the moment
     * @param times how often it was found so, and the queue asked for again
     * @param lastAtMillis when last, in cluster time, or -1
     */
    public record Stuck(boolean now, int times, long lastAtMillis) {
        static final Stuck NEVER = new Stuck(false, 0, -1);
    }

    public LiveConnection {
        subscriptions = List.copyOf(subscriptions);
        // Sorted, so that the same connection is always told in the same words.
        EnumMap<ConnectionEvent, Long> sorted = new EnumMap<>(ConnectionEvent.class);
        sorted.putAll(drops);
        drops = Collections.unmodifiableMap(sorted);
    }

    void write(ByteWriter out) {
        out.string(view.clientId()).u8(view.version().ordinal()).varLong(view.connectedAtMillis());
        out.varInt(view.keepAliveSeconds()).varLong(view.expirySeconds()).varInt(view.receiveMaximum());
        out.varInt(view.inFlight()).varInt(view.waiting()).varInt(view.publishesPending());
        out.bool(view.writable()).string(listener).string(remoteAddress);
        Lists.write(subscriptions, (to, subscription) -> subscription.write(to), out);
        out.varInt(drops.size());
        drops.forEach((event, count) -> out.u8(event.ordinal()).varLong(count));
        out.i64(sentAtMillis).bool(stuck.now).varInt(stuck.times).i64(stuck.lastAtMillis);
    }

    static LiveConnection read(ByteReader in) {
        ConnectionView view = new ConnectionView(
                in.string(),
                of(ProtocolVersion.values(), in.u8()),
                in.varLong(),
                in.varInt(),
                in.varLong(),
                in.varInt(),
                in.varInt(),
                in.varInt(),
                in.varInt(),
                in.bool());
        String listener = in.string();
        String remoteAddress = in.string();
        List<Subscription> subscriptions = Lists.read(in, Subscription::read);
        Map<ConnectionEvent, Long> drops = new EnumMap<>(ConnectionEvent.class);
        int reasons = Lists.count(in);
        for (int i = 0; i < reasons; i++) {
            drops.put(of(ConnectionEvent.values(), in.u8()), in.varLong());
        }
        long sentAtMillis = in.i64();
        Stuck stuck = new Stuck(in.bool(), in.varInt(), in.i64());
        return new LiveConnection(view, listener, remoteAddress, subscriptions, drops, sentAtMillis, stuck);
    }

    private static <E> E of(E[] values, int number) {
        if (number >= values.length) {
            throw new IllegalArgumentException("a connection is told in words of another release: " + number);
        }
        return values[number];
    }
}
