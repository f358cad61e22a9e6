package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
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
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.Unsubscribe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection with its recorded effects, and short words for what a client and the broker do to it. */
final class TestClient {
    static final ProtocolVersion V3_1 = ProtocolVersion.V3_1;
    static final ProtocolVersion V3_1_1 = ProtocolVersion.V3_1_1;
    static final ProtocolVersion V5 = ProtocolVersion.V5;
    static final int[] NO_IDS = {};

    final RecordingEffects effects;
    final Connection connection;
    long nowMillis = 1_700_000_000_000L;

    TestClient() {
        this(new TestSettings());
    }

    TestClient(TestSettings settings) {
        this(settings, new RecordingEffects());
    }

    TestClient(TestSettings settings, RecordingEffects effects) {
        this.effects = effects;
        connection = new Connection(effects, settings.build(), () -> 4711, nowMillis);
    }

    // What the client says in CONNECT.

    ProtocolVersion version = V5;
    boolean bridge;
    boolean cleanStart = true;
    int keepAliveSeconds;
    String clientId = "c";
    Connect.@Nullable Will will;
    final Properties.Builder connectProperties = Properties.builder();

    TestClient version(ProtocolVersion newVersion) {
        version = newVersion;
        return this;
    }

    TestClient with(Property property, long value) {
        connectProperties.add(property, value);
        return this;
    }

    /** A session that outlives its connection, in any version. */
    TestClient persistent() {
        cleanStart = false;
        return version.isV5() ? with(Property.SESSION_EXPIRY_INTERVAL, 3600) : this;
    }

    Connect connectPacket() {
        return new Connect(
                version, bridge, cleanStart, keepAliveSeconds, connectProperties.build(), clientId, will, null, null);
    }

    TestClient sendConnect() {
        return send(connectPacket());
    }

    /** CONNECT, all the way to CONNACK, which is then taken off the wire. */
    TestClient connected() {
        return connected(opened(false, 1));
    }

    TestClient connected(Result.Opened opened) {
        sendConnect();
        authenticated();
        open(opened);
        assertThat(effects.wire).isNotEmpty();
        effects.wire.remove(0);
        return this;
    }

    TestClient authenticated() {
        return authenticated(AuthenticationStep.SUCCESS);
    }

    TestClient authenticated(AuthenticationStep step) {
        connection.authenticated(step, nowMillis);
        return this;
    }

    TestClient open(Result.Opened opened) {
        connection.opened(opened, nowMillis);
        return this;
    }

    static Result.Opened opened(boolean sessionPresent, long nextSequence, QueueEntry... entries) {
        return new Result.Opened(7, 1, sessionPresent, List.of(), List.of(entries), nextSequence, List.of(), List.of());
    }

    // What else it sends.

    TestClient send(ControlPacket packet) {
        connection.packet(packet, nowMillis);
        return this;
    }

    static Publish publish(int qos, int packetId, String topic) {
        return new Publish(false, QoS.of(qos), false, topic, packetId, Properties.EMPTY, bytes("x"));
    }

    static Publish publish(int qos, int packetId, String topic, Properties properties) {
        return new Publish(false, QoS.of(qos), false, topic, packetId, properties, bytes("x"));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static PubAck pubAck(int packetId, ReasonCode reason) {
        return new PubAck(packetId, reason, Properties.EMPTY);
    }

    static PubAck pubAck(int packetId) {
        return pubAck(packetId, ReasonCode.SUCCESS);
    }

    static PubRec pubRec(int packetId, ReasonCode reason) {
        return new PubRec(packetId, reason, Properties.EMPTY);
    }

    static PubRec pubRec(int packetId) {
        return pubRec(packetId, ReasonCode.SUCCESS);
    }

    static PubRel pubRel(int packetId, ReasonCode reason) {
        return new PubRel(packetId, reason, Properties.EMPTY);
    }

    static PubRel pubRel(int packetId) {
        return pubRel(packetId, ReasonCode.SUCCESS);
    }

    static PubComp pubComp(int packetId, ReasonCode reason) {
        return new PubComp(packetId, reason, Properties.EMPTY);
    }

    static PubComp pubComp(int packetId) {
        return pubComp(packetId, ReasonCode.SUCCESS);
    }

    static Disconnect disconnect(ReasonCode reason) {
        return new Disconnect(reason, Properties.EMPTY);
    }

    static Subscribe subscribe(int packetId, String... filters) {
        List<SubscriptionRequest> requests = new ArrayList<>();
        for (String filter : filters) {
            requests.add(new SubscriptionRequest(filter, QoS.EXACTLY_ONCE, false, false, 0));
        }
        return new Subscribe(packetId, Properties.EMPTY, requests);
    }

    static Unsubscribe unsubscribe(int packetId, String... filters) {
        return new Unsubscribe(packetId, Properties.EMPTY, Arrays.asList(filters));
    }

    // What the broker does.

    TestClient published(long token, ReasonCode reason) {
        connection.published(token, reason, nowMillis);
        return this;
    }

    TestClient published(long token) {
        return published(token, ReasonCode.SUCCESS);
    }

    Message message(int qos, String topic) {
        return new Message(topic, bytes("x"), QoS.of(qos), false, Properties.EMPTY, nowMillis, Message.NEVER);
    }

    Message expiring(int qos, String topic, long millis) {
        return new Message(topic, bytes("x"), QoS.of(qos), false, Properties.EMPTY, nowMillis, nowMillis + millis);
    }

    TestClient deliver(int qos, String topic) {
        connection.deliver(message(qos, topic), QoS.of(qos), false, NO_IDS, nowMillis);
        return this;
    }

    TestClient hint(long sequence, int qos) {
        connection.hinted(sequence, message(qos, "t" + sequence), QoS.of(qos), false, NO_IDS, nowMillis);
        return this;
    }

    QueueEntry entry(long sequence, int qos) {
        return new QueueEntry(
                sequence, message(qos, "t" + sequence), QoS.of(qos), false, NO_IDS, QueueEntry.State.HANDED, false);
    }

    /** An entry that an earlier connection sent. */
    QueueEntry again(long sequence, int qos) {
        return new QueueEntry(
                sequence, message(qos, "t" + sequence), QoS.of(qos), false, NO_IDS, QueueEntry.State.HANDED, true);
    }

    /** An entry for which PUBREC came on an earlier connection. */
    QueueEntry receivedBefore(long sequence) {
        return new QueueEntry(
                sequence, message(2, "t" + sequence), QoS.of(2), false, NO_IDS, QueueEntry.State.RECEIVED, true);
    }

    TestClient handed(QueueEntry... entries) {
        connection.handed(List.of(entries), nowMillis);
        return this;
    }

    TestClient writable(boolean writable) {
        connection.writable(writable, nowMillis);
        return this;
    }

    TestClient passMillis(long millis) {
        nowMillis += millis;
        connection.tick(nowMillis);
        return this;
    }

    // What can be seen.

    /** What was sent since the last look. */
    List<Object> wire() {
        List<Object> sent = List.copyOf(effects.wire);
        effects.wire.clear();
        return sent;
    }

    /** The topics of the PUBLISHes that were sent since the last look. */
    List<String> topics() {
        return wire().stream()
                .filter(RecordingEffects.Sent.class::isInstance)
                .map(sent -> ((RecordingEffects.Sent) sent).topic())
                .toList();
    }

    RecordingEffects.Sent onlyPublish() {
        List<Object> sent = wire();
        assertThat(sent).hasSize(1);
        return (RecordingEffects.Sent) sent.get(0);
    }

    /** The connection was ended by this DISCONNECT, and the will goes out. */
    void assertDisconnected(ReasonCode reason) {
        List<Object> sent = wire();
        assertThat(sent).isNotEmpty();
        assertThat(sent.get(sent.size() - 1))
                .isInstanceOfSatisfying(
                        Disconnect.class, packet -> assertThat(packet.reason()).isEqualTo(reason));
        assertThat(effects.closed).isTrue();
        assertThat(effects.ends).singleElement().satisfies(end -> assertThat(end.publishWill())
                .isTrue());
    }

    List<ConnectionEvent> events() {
        return effects.reports.stream().map(RecordingEffects.Report::event).toList();
    }
}
