package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** The simplest client that keeps to the specification, and checks at each packet that the broker does. */
final class ModelClient {
    private static final int ID_MAX = 20;

    private final RandomGenerator random;
    private final boolean v5;
    private final boolean persistent;
    private final int receiveMaximum;

    /** Its own publishes that are not done, by Packet Identifier in the order of sending; released ones await PUBCOMP. */
    private final Map<Integer, Publish> publishing = new LinkedHashMap<>();

    private final Map<Integer, String> releasing = new LinkedHashMap<>();

    /** Packet Identifiers whose acknowledgement is to come, in the order of the PUBLISHes on this connection. */
    private final Deque<Integer> acksDue = new ArrayDeque<>();

    private int nextPayload;
    final List<String> sentQos2 = new ArrayList<>();
    final List<String> sentQos1 = new ArrayList<>();
    final Set<String> refused = new HashSet<>();

    /** What it was sent: unacknowledged Packet Identifiers with the payload, and identifiers of QoS 2 before PUBREL. */
    private final Map<Integer, String> inFlight = new HashMap<>();

    private final Set<Integer> awaitingPubRel = new HashSet<>();
    private final Deque<Integer> pubRelsDue = new ArrayDeque<>();
    private final Set<Integer> recorded = new HashSet<>();
    private final List<ControlPacket> answers = new ArrayList<>();
    final Map<String, Integer> delivered = new HashMap<>();
    final List<String> firstDeliveries = new ArrayList<>();

    /** How often it took each message of QoS 2 that it did not refuse. */
    final Map<String, Integer> takenQos2 = new HashMap<>();

    ModelClient(RandomGenerator random, boolean v5, boolean persistent, int receiveMaximum) {
        this.random = random;
        this.v5 = v5;
        this.persistent = persistent;
        this.receiveMaximum = receiveMaximum;
    }

    boolean isIdle() {
        return publishing.isEmpty() && releasing.isEmpty() && answers.isEmpty() && inFlight.isEmpty();
    }

    /** Whether it may send one more publish that is acknowledged. */
    boolean mayPublish() {
        return publishing.size() + releasing.size() < ID_MAX;
    }

    // As publisher.

    /** A publish of its own. */
    Publish publish(int qos) {
        String payload = "p" + nextPayload++;
        int packetId = 0;
        if (qos > 0) {
            do {
                packetId = 1 + random.nextInt(ID_MAX * 2);
            } while (publishing.containsKey(packetId) || releasing.containsKey(packetId));
        }
        Publish packet = new Publish(false, QoS.of(qos), false, "t", packetId, Properties.EMPTY, payload.getBytes());
        if (qos > 0) {
            publishing.put(packetId, packet);
            acksDue.add(packetId);
            (qos == 1 ? sentQos1 : sentQos2).add(payload);
        }
        return packet;
    }

    /** A repeat of a QoS 2 publish or PUBREL, which clients before MQTT 5.0 may send at any time. */
    List<ControlPacket> repeat() {
        List<ControlPacket> candidates = new ArrayList<>();
        publishing.values().stream().filter(p -> p.qos() == QoS.EXACTLY_ONCE).forEach(candidates::add);
        return candidates.isEmpty() ? List.of() : List.of(candidates.get(random.nextInt(candidates.size())));
    }

    private void acknowledged(int packetId, ReasonCode reason, boolean received) {
        Publish packet = publishing.get(packetId);
        if (packet == null) {
            assertThat(received && releasing.containsKey(packetId))
                    .as("an acknowledgement of nothing")
                    .isTrue();
            return; // a repeat's PUBREC
        }
        if (acksDue.contains(packetId)) {
            assertThat(acksDue.remove())
                    .as("order of acknowledgements [MQTT-4.6.0-2] [MQTT-4.6.0-3]")
                    .isEqualTo(packetId);
        } else {
            assertThat(received).as("a repeated PUBACK").isTrue();
        }
        publishing.remove(packetId);
        String payload = new String(packet.payload());
        if (reason.isError()) {
            refused.add(payload);
        } else if (received) {
            assertThat(packet.qos()).isEqualTo(QoS.EXACTLY_ONCE);
            releasing.put(packetId, payload);
            answers.add(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    // As receiver.

    void delivered(RecordingEffects.Sent sent) {
        String payload = new String(sent.message().payload());
        if (sent.qos() == QoS.AT_MOST_ONCE) {
            assertThat(sent.packetId()).isZero();
            return;
        }
        String before = inFlight.put(sent.packetId(), payload);
        assertThat(before).as("a Packet Identifier in use [MQTT-2.2.1-4]").isNull();
        assertThat(inFlight.size()).as("[MQTT-3.3.4-9]").isLessThanOrEqualTo(receiveMaximum);
        boolean dupOfKnown = sent.qos() == QoS.EXACTLY_ONCE && awaitingPubRel.contains(sent.packetId());
        if (!sent.dup()) {
            assertThat(dupOfKnown)
                    .as("a new message under the Packet Identifier of another")
                    .isFalse();
            assertThat(delivered).as("sent again without DUP").doesNotContainKey(payload);
        }
        if (!dupOfKnown) {
            if (delivered.merge(payload, 1, Integer::sum) == 1) {
                firstDeliveries.add(payload);
            }
        }
        boolean refuses = v5 && random.nextInt(12) == 0 && !dupOfKnown;
        ReasonCode reason = refuses ? ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR : ReasonCode.SUCCESS;
        if (sent.qos() == QoS.AT_LEAST_ONCE) {
            answers.add(new PubAck(sent.packetId(), reason, Properties.EMPTY));
        } else {
            if (!refuses) {
                takenQos2.merge(payload, dupOfKnown ? 0 : 1, Integer::sum);
                awaitingPubRel.add(sent.packetId());
            }
            answers.add(new PubRec(sent.packetId(), reason, Properties.EMPTY));
        }
    }

    /** The bucket has written down the PUBREC for this sequence. */
    void recorded(long sequence) {
        recorded.add(io.covey.bucket.QueueEntry.packetId(sequence));
    }

    private void released(PubRel packet) {
        int packetId = packet.packetId();
        assertThat(packet.reason()).isEqualTo(ReasonCode.SUCCESS);
        if (persistent) {
            assertThat(recorded).as("PUBREL before PUBREC was recorded").contains(packetId);
        }
        if (pubRelsDue.contains(packetId)) {
            assertThat(pubRelsDue.remove()).as("[MQTT-4.6.0-4]").isEqualTo(packetId);
        }
        awaitingPubRel.remove(packetId);
        inFlight.putIfAbsent(packetId, "PUBREL again");
        answers.add(new PubComp(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
    }

    private void completed(PubComp packet) {
        assertThat(releasing.remove(packet.packetId())).as("PUBCOMP of nothing").isNotNull();
        if (!persistent) {
            assertThat(packet.reason()).isEqualTo(ReasonCode.SUCCESS);
        }
    }

    void packet(ControlPacket packet) {
        switch (packet.type()) {
            case PUBACK -> acknowledged(((PubAck) packet).packetId(), ((PubAck) packet).reason(), false);
            case PUBREC -> acknowledged(((PubRec) packet).packetId(), ((PubRec) packet).reason(), true);
            case PUBREL -> released((PubRel) packet);
            case PUBCOMP -> completed((PubComp) packet);
            case CONNACK -> assertThat(((ConnAck) packet).reason()).isEqualTo(ReasonCode.SUCCESS);
            case CONNECT, PUBLISH, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH ->
                throw new AssertionError("unexpected " + packet);
        }
    }

    /** One of the answers that it owes, in any order, or null. */
    ControlPacket answer() {
        if (answers.isEmpty()) {
            return null;
        }
        ControlPacket packet = answers.remove(random.nextInt(answers.size()));
        switch (packet.type()) {
            case PUBACK -> inFlight.remove(((PubAck) packet).packetId());
            case PUBCOMP -> inFlight.remove(((PubComp) packet).packetId());
            case PUBREC -> {
                PubRec pubRec = (PubRec) packet;
                if (pubRec.reason().isError()) {
                    inFlight.remove(pubRec.packetId());
                } else {
                    recorded.remove(pubRec.packetId());
                    if (!persistent) {
                        recorded.add(pubRec.packetId());
                    }
                    pubRelsDue.add(pubRec.packetId());
                }
            }
            default -> {}
        }
        return packet;
    }

    /** The connection is gone; what it sends first on the next one [MQTT-4.4.0-1]. */
    List<ControlPacket> reconnected(boolean sessionPresent) {
        acksDue.clear();
        answers.clear();
        inFlight.clear();
        pubRelsDue.clear();
        List<ControlPacket> again = new ArrayList<>();
        if (!sessionPresent) {
            publishing.clear();
            releasing.clear();
            awaitingPubRel.clear();
            return again;
        }
        releasing.keySet().forEach(id -> again.add(new PubRel(id, ReasonCode.SUCCESS, Properties.EMPTY)));
        publishing.values().forEach(p -> {
            acksDue.add(p.packetId());
            again.add(new Publish(true, p.qos(), false, p.topic(), p.packetId(), p.properties(), p.payload()));
        });
        return again;
    }
}
