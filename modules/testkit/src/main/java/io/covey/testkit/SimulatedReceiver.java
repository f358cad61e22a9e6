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
import io.covey.testkit.History.PublishKey;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A client that messages come to: at QoS 2 it takes a Packet Identifier's first PUBLISH and answers repeats until PUBREL. */
abstract class SimulatedReceiver extends SimulatedClient {
    private static final long ANSWER_MICROS_MAX = 30_000;

    /** Packet Identifiers between PUBLISH and PUBREL. */
    private final Set<Integer> received = new HashSet<>();

    private long answerAtMicros;

    SimulatedReceiver(World world, String id, boolean needsV5) {
        super(world, id, needsV5);
    }

    /** A message came, and at QoS 2 it is no repeat of one that is not released. */
    protected abstract void message(Publish publish, @Nullable PublishKey key);

    /** Another session begins. */
    protected void forgetReceived() {
        received.clear();
    }

    /** Whether a QoS 2 message waits for its PUBREL. */
    protected boolean awaitsRelease() {
        return !received.isEmpty();
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof Publish publish) {
            publish(publish);
        } else if (packet instanceof PubRel rel) {
            received.remove(rel.packetId());
            send(new PubComp(rel.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    private void publish(Publish publish) {
        int packetId = publish.packetId();
        if (publish.qos() != QoS.EXACTLY_ONCE || received.add(packetId)) {
            byte[] payload = publish.payload(); // none where a retained message is deleted
            message(
                    publish,
                    payload.length == 0 ? null : PublishKey.parse(new String(payload, StandardCharsets.UTF_8)));
        }
        if (publish.qos() == QoS.AT_LEAST_ONCE) {
            answerLater(new PubAck(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        } else if (publish.qos() == QoS.EXACTLY_ONCE) {
            answerLater(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    /** Answers keep their order and belong to the connection that they answer. */
    private void answerLater(ControlPacket answer) {
        answerAtMicros = Math.max(answerAtMicros, events.nowMicros() + events.between(0, ANSWER_MICROS_MAX));
        sendAfter(answerAtMicros - events.nowMicros(), answer);
    }
}
