package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.UnsubAck;
import io.covey.protocol.Unsubscribe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A client and its connection, as packets: sends what a test says, keeps what comes, and acknowledges by itself unless told not to. */
final class TestClient implements ClientConnection {
    private final VirtualTime time;
    private final ClientInput input;

    /** Everything that came, in order, publishes as {@link Got}. */
    final List<Object> got = new ArrayList<>();

    int receiveMaximum = 65_535;
    boolean acknowledges = true;
    boolean isWritable = true;
    boolean reads = true;
    boolean closed;
    private int packetIds;

    /** A PUBLISH that came. */
    record Got(String topic, String payload, int packetId, QoS qos, boolean dup, boolean retain) {}

    TestClient(VirtualTime time, Function<ClientConnection, ClientInput> connect) {
        this.time = time;
        this.input = connect.apply(this);
    }

    // What the broker does.

    @Override
    public void send(ControlPacket packet) {
        assertThat(closed).as("nothing is sent after the close").isFalse();
        got.add(packet);
        if (acknowledges
                && packet instanceof PubRec received
                && !received.reason().isError()) {
            later(new PubRel(received.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        } else if (acknowledges && packet instanceof PubRel released) {
            later(new PubComp(released.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        }
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
        assertThat(closed).as("nothing is sent after the close").isFalse();
        got.add(new Got(
                message.topic(), new String(message.payload(), StandardCharsets.UTF_8), packetId, qos, dup, retain));
        if (acknowledges && qos == QoS.AT_LEAST_ONCE) {
            later(new PubAck(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        } else if (acknowledges && qos == QoS.EXACTLY_ONCE) {
            later(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    private void later(ControlPacket packet) {
        time.after(50, () -> {
            if (!closed) {
                input.packet(packet);
            }
        });
    }

    @Override
    public void reading(boolean on) {
        reads = on;
    }

    @Override
    public boolean isWritable() {
        return isWritable;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            time.after(10, input::lost);
        }
    }

    @Override
    public String remoteAddress() {
        return "test";
    }

    @Override
    public String listener() {
        return "test";
    }

    // What the client does.

    void packet(ControlPacket packet) {
        time.turn(() -> input.packet(packet));
    }

    /** CONNECT of MQTT 5.0. */
    TestClient connect(String clientId, boolean cleanStart, long expirySeconds) {
        return connect(clientId, cleanStart, expirySeconds, null);
    }

    TestClient connect(String clientId, boolean cleanStart, long expirySeconds, Connect.@Nullable Will will) {
        Properties properties = Properties.builder()
                .add(Property.SESSION_EXPIRY_INTERVAL, expirySeconds)
                .add(Property.RECEIVE_MAXIMUM, receiveMaximum)
                .build();
        packet(new Connect(ProtocolVersion.V5, false, cleanStart, 60, properties, clientId, will, null, null));
        time.pass(20);
        return this;
    }

    void subscribe(String filter, QoS qos) {
        subscribe(filter, qos, 0);
    }

    void subscribe(String filter, QoS qos, int retainHandling) {
        packet(new Subscribe(
                ++packetIds,
                Properties.EMPTY,
                List.of(new SubscriptionRequest(filter, qos, false, false, retainHandling))));
        time.pass(20);
    }

    void unsubscribe(String filter) {
        packet(new Unsubscribe(++packetIds, Properties.EMPTY, List.of(filter)));
        time.pass(20);
    }

    /** PUBLISH; returns its Packet Identifier. */
    int publish(String topic, String payload, QoS qos) {
        return publish(topic, payload, qos, false);
    }

    int publish(String topic, String payload, QoS qos, boolean retain) {
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : ++packetIds;
        publish(topic, payload, qos, retain, packetId, false);
        return packetId;
    }

    void publish(String topic, String payload, QoS qos, boolean retain, int packetId, boolean dup) {
        packet(new Publish(
                dup, qos, retain, topic, packetId, Properties.EMPTY, payload.getBytes(StandardCharsets.UTF_8)));
    }

    void disconnect() {
        packet(new Disconnect(ReasonCode.SUCCESS, Properties.EMPTY));
    }

    /** The network connection breaks. */
    void breakConnection() {
        if (!closed) {
            closed = true;
            time.turn(input::lost);
        }
    }

    void writable(boolean writable) {
        isWritable = writable;
        time.turn(() -> input.writable(writable));
    }

    // What came.

    @Nullable
    ConnAck connAck() {
        return first(ConnAck.class);
    }

    @Nullable
    SubAck subAck() {
        return first(SubAck.class);
    }

    @Nullable
    UnsubAck unsubAck() {
        return first(UnsubAck.class);
    }

    @Nullable
    Disconnect disconnected() {
        return first(Disconnect.class);
    }

    <P> @Nullable P first(Class<P> kind) {
        for (Object each : got) {
            if (kind.isInstance(each)) {
                return kind.cast(each);
            }
        }
        return null;
    }

    <P> List<P> all(Class<P> kind) {
        List<P> found = new ArrayList<>();
        for (Object each : got) {
            if (kind.isInstance(each)) {
                found.add(kind.cast(each));
            }
        }
        return found;
    }

    List<String> payloads() {
        return all(Got.class).stream().map(Got::payload).toList();
    }

    /** Packet Identifiers of the PUBACKs, in order. */
    List<Integer> pubAcks() {
        return all(PubAck.class).stream().map(PubAck::packetId).toList();
    }
}
