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
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Subscribes once, then receives: at QoS 2 it takes a Packet Identifier's first PUBLISH and answers repeats until PUBREL. */
final class SimulatedSubscriber extends SimulatedClient {
    private final String filter;
    private final QoS qos;
    private final Set<Integer> received = new HashSet<>();
    private boolean subscribed;
    private int generation;
    private long answerAtMicros;

    SimulatedSubscriber(EventQueue events, History history, Nodes nodes, String id, String filter, QoS qos) {
        super(events, history, nodes, id);
        this.filter = filter;
        this.qos = qos;
        history.subscribes(id, filter, qos);
    }

    boolean isSubscribed() {
        return subscribed;
    }

    @Override
    protected void connected() {
        generation++;
        if (!subscribed) {
            SubscriptionRequest request = new SubscriptionRequest(filter, qos, false, false, 0);
            send(new Subscribe(1, Properties.EMPTY, List.of(request)));
        }
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof SubAck subAck && !subAck.reasons().get(0).isError()) {
            subscribed = true;
            history.subscribed(id);
        } else if (packet instanceof Publish publish) {
            publish(publish);
        } else if (packet instanceof PubRel rel) {
            received.remove(rel.packetId());
            send(new PubComp(rel.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    private void publish(Publish publish) {
        History.PublishKey key = History.PublishKey.parse(new String(publish.payload(), StandardCharsets.UTF_8));
        int packetId = publish.packetId();
        if (publish.qos() != QoS.EXACTLY_ONCE || received.add(packetId)) {
            history.received(id, key);
        }
        if (publish.qos() == QoS.AT_LEAST_ONCE) {
            answerLater(new PubAck(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        } else if (publish.qos() == QoS.EXACTLY_ONCE) {
            answerLater(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    /** Answers keep their order and belong to the connection that they answer. */
    private void answerLater(ControlPacket answer) {
        int connection = generation;
        answerAtMicros = Math.max(answerAtMicros, events.nowMicros() + events.between(0, 30_000));
        events.after(answerAtMicros - events.nowMicros(), () -> {
            if (connection == generation && isConnected()) {
                send(answer);
            }
        });
    }

    @Override
    boolean isIdle() {
        return received.isEmpty();
    }
}
