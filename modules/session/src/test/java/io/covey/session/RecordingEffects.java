package io.covey.session;

import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Effects that only remember what was wanted, in order. */
class RecordingEffects implements ConnectionEffects {
    /** A PUBLISH as it was sent. */
    record Sent(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            List<Integer> subscriptionIds,
            int alias) {
        String topic() {
            return message.topic();
        }
    }

    record Publishing(long token, Message message, int packetId) {}

    record Request(int packetId, List<?> wanted) {}

    record Report(ConnectionEvent event, ReasonCode reason) {}

    /** ControlPacket or Sent, in the order of the wire. */
    final List<Object> wire = new ArrayList<>();

    final List<Publishing> publishes = new ArrayList<>();
    final List<Integer> releases = new ArrayList<>();
    final List<Request> subscribes = new ArrayList<>();
    final List<Request> unsubscribes = new ArrayList<>();
    final List<Long> acknowledged = new ArrayList<>();
    final List<Long> received = new ArrayList<>();
    final List<Long> fetches = new ArrayList<>();
    final List<Long> wakes = new ArrayList<>();
    final List<Report> reports = new ArrayList<>();
    final List<EndOfConnection> ends = new ArrayList<>();

    @Nullable
    Connect authenticating;

    /** AUTH packets that went to the authenticator. */
    final List<Auth> furtherAuths = new ArrayList<>();

    @Nullable
    OpenRequest opening;

    boolean reading = true;
    boolean closed;

    @Override
    public void send(ControlPacket packet) {
        checkOpen();
        wire.add(packet);
    }

    @Override
    public void sendPublish(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias) {
        checkOpen();
        List<Integer> ids = new ArrayList<>();
        for (int id : subscriptionIds) {
            ids.add(id);
        }
        wire.add(new Sent(message, packetId, qos, dup, retain, ids, topicAlias));
    }

    private void checkOpen() {
        if (closed) {
            throw new AssertionError("sent after close [MQTT-3.14.4-1]");
        }
    }

    @Override
    public void close() {
        if (closed) {
            throw new AssertionError("closed twice");
        }
        closed = true;
    }

    @Override
    public void reading(boolean on) {
        if (on == reading) {
            throw new AssertionError("reading is " + on + " already");
        }
        reading = on;
    }

    @Override
    public void authenticate(Connect connect) {
        authenticating = connect;
    }

    @Override
    public void authenticateFurther(Auth packet) {
        furtherAuths.add(packet);
    }

    @Override
    public void open(OpenRequest request) {
        opening = request;
    }

    @Override
    public void publish(long token, Message message, int packetId) {
        publishes.add(new Publishing(token, message, packetId));
    }

    @Override
    public void release(int packetId) {
        releases.add(packetId);
    }

    @Override
    public void subscribe(int packetId, List<Subscription> subscriptions) {
        subscribes.add(new Request(packetId, subscriptions));
    }

    @Override
    public void unsubscribe(int packetId, List<String> filters) {
        unsubscribes.add(new Request(packetId, filters));
    }

    @Override
    public void acknowledged(long sequence) {
        acknowledged.add(sequence);
    }

    @Override
    public void received(long sequence) {
        received.add(sequence);
    }

    @Override
    public void fetch(long fromSequence) {
        fetches.add(fromSequence);
    }

    @Override
    public void wakeAt(long millis) {
        wakes.add(millis);
    }

    @Override
    public void ended(EndOfConnection end) {
        if (!ends.isEmpty()) {
            throw new AssertionError("ended twice");
        }
        ends.add(end);
    }

    @Override
    public void report(ConnectionEvent event, ReasonCode reason) {
        reports.add(new Report(event, reason));
    }
}
