package io.covey.wire;

import io.covey.broker.ClientConnection;
import io.covey.broker.ClientInput;
import io.covey.broker.ShardLoop;
import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PubAck;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The least broker that delivers: topics without wildcards, QoS 0 and 1, nothing kept. What it costs is what the wire costs, so it serves to
 * measure that: {@code java ... io.covey.wire.EchoBroker PORT SHARDS}.
 */
final class EchoBroker implements ConnectionAcceptor {
    private static final int[] NO_IDS = {};
    private static final PingResp PING_RESP = new PingResp();

    private final List<ShardLoop> loops;
    private final List<Map<String, List<Client>>> subscribers = new ArrayList<>();

    EchoBroker(List<ShardLoop> loops) {
        this.loops = loops;
        loops.forEach(loop -> subscribers.add(new HashMap<>()));
    }

    /** Listens until the process ends. */
    public static void main(String[] args) throws Exception {
        int shards = Integer.parseInt(args[1]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(shards));
        VertxLoops loops = WireFixture.await(VertxLoops.deploy(vertx, shards, 0));
        MqttListeners listeners = WireFixture.await(MqttListeners.open(
                loops,
                List.of(ListenerSettings.tcp("tcp", "127.0.0.1", Integer.parseInt(args[0]))),
                new EchoBroker(loops.loops())));
        System.out.println("listening on " + listeners.port("tcp") + ", pid "
                + ProcessHandle.current().pid());
    }

    @Override
    public ClientInput connect(int shard, ClientConnection wire) {
        return new Client(shard, wire);
    }

    private void publish(int fromShard, Message message) {
        for (int shard = 0; shard < loops.size(); shard++) {
            if (shard == fromShard) {
                deliver(shard, message);
            } else {
                int target = shard;
                loops.get(shard).submit(() -> deliver(target, message));
            }
        }
    }

    private void deliver(int shard, Message message) {
        List<Client> receivers = subscribers.get(shard).get(message.topic());
        if (receivers != null) {
            for (int i = 0; i < receivers.size(); i++) {
                receivers.get(i).deliver(message);
            }
        }
    }

    private final class Client implements ClientInput {
        private final int shard;
        private final ClientConnection wire;
        private QoS granted = QoS.AT_MOST_ONCE;
        private int packetId;

        Client(int shard, ClientConnection wire) {
            this.shard = shard;
            this.wire = wire;
        }

        void deliver(Message message) {
            QoS qos = granted.value() < message.qos().value() ? granted : message.qos();
            if (qos != QoS.AT_MOST_ONCE) {
                packetId = packetId % 65_535 + 1;
            } else if (!wire.isWritable()) {
                return;
            }
            wire.sendPublish(message, qos == QoS.AT_MOST_ONCE ? 0 : packetId, qos, false, false, NO_IDS, 0);
        }

        @Override
        public void packet(ControlPacket packet) {
            switch (packet.type()) {
                case CONNECT -> wire.send(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY));
                case PUBLISH -> publish((Publish) packet);
                case SUBSCRIBE -> subscribe((Subscribe) packet);
                case PINGREQ -> wire.send(PING_RESP);
                case DISCONNECT -> wire.close();
                case PUBACK -> {}
                case CONNACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGRESP, AUTH -> wire.close();
            }
        }

        private void publish(Publish packet) {
            if (packet.qos() != QoS.AT_MOST_ONCE) {
                wire.send(new PubAck(packet.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
            }
            EchoBroker.this.publish(
                    shard,
                    new Message(
                            packet.topic(), packet.payload(), packet.qos(), false, Properties.EMPTY, 0, Message.NEVER));
        }

        private void subscribe(Subscribe packet) {
            List<ReasonCode> reasons = new ArrayList<>();
            for (SubscriptionRequest request : packet.subscriptions()) {
                granted = request.qos() == QoS.EXACTLY_ONCE ? QoS.AT_LEAST_ONCE : request.qos();
                subscribers
                        .get(shard)
                        .computeIfAbsent(request.filter(), filter -> new ArrayList<>())
                        .add(this);
                reasons.add(granted == QoS.AT_MOST_ONCE ? ReasonCode.SUCCESS : ReasonCode.GRANTED_QOS_1);
            }
            wire.send(new SubAck(packet.packetId(), Properties.EMPTY, reasons));
        }

        @Override
        public void violated(ProtocolViolation violation, ProtocolVersion version) {
            wire.close();
        }

        @Override
        public void writable(boolean writable) {}

        @Override
        public void lost() {
            subscribers.get(shard).values().forEach(receivers -> receivers.remove(this));
        }
    }
}
