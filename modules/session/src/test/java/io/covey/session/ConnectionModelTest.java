package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Result;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Connections between a model client that checks each packet and a model broker that loses hints and answers late: nothing is lost, QoS 2
 * is exactly once in both directions, also over lost connections and crashes, and the order is kept.
 */
class ConnectionModelTest {
    private static final int SEEDS = Integer.getInteger("covey.seeds", 300);
    private static final int STEPS = 400;

    /** One session of one client through several connections. */
    private static final class Run {
        final SplittableRandom random;
        final boolean v5;
        final boolean persistent;
        final int receiveMaximum;
        final SessionSettings settings;
        final ModelBroker broker;
        final ModelClient client;
        RecordingEffects effects;
        Connection connection;
        boolean writable = true;
        boolean settling;
        long nowMillis = 1_000;
        int appended;

        Run(long seed) {
            random = new SplittableRandom(seed);
            v5 = random.nextBoolean();
            persistent = random.nextInt(3) > 0;
            receiveMaximum = 1 + random.nextInt(8);
            TestSettings limits = new TestSettings();
            limits.receiveMaximumOfV3 = receiveMaximum;
            limits.receiveMaximum = 20;
            limits.pendingPublishesMax = 1 + random.nextInt(30);
            settings = limits.build();
            broker = new ModelBroker(random.split(), v5);
            client = new ModelClient(random.split(), v5, persistent, receiveMaximum);
            connect(true);
        }

        private void connect(boolean first) {
            effects = new RecordingEffects() {
                @Override
                public void publish(long token, Message message, int packetId) {
                    broker.publish(token, message, packetId, persistent);
                }

                @Override
                public void release(int packetId) {
                    broker.release(packetId);
                }

                @Override
                public void acknowledged(long sequence) {
                    assertThat(persistent).isTrue();
                    broker.acknowledged(sequence);
                }

                @Override
                public void received(long sequence) {
                    assertThat(persistent).isTrue();
                    broker.received(sequence, client);
                }

                @Override
                public void fetch(long fromSequence) {
                    broker.fetch(fromSequence);
                }
            };
            writable = true;
            connection = new Connection(effects, settings, () -> 1, nowMillis);
            Properties.Builder properties = Properties.builder();
            if (v5) {
                properties.add(Property.RECEIVE_MAXIMUM, receiveMaximum);
                // A session that goes on without an expiry is still the bucket's.
                boolean expires = !persistent || !first && random.nextInt(4) == 0;
                properties.add(Property.SESSION_EXPIRY_INTERVAL, expires ? 0 : 60);
            }
            ProtocolVersion version = v5 ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1;
            connection.packet(
                    new Connect(version, false, !persistent, 0, properties.build(), "c", null, null, null), nowMillis);
            connection.authenticated(AuthenticationStep.SUCCESS, nowMillis);
            Result.Opened opened = broker.open(!persistent);
            opened.entries().stream()
                    .filter(entry -> entry.state() == io.covey.bucket.QueueEntry.State.RECEIVED)
                    .forEach(entry -> client.recorded(entry.sequence()));
            connection.opened(opened, nowMillis);
            List<ControlPacket> again = client.reconnected(((ConnAck) effects.wire.get(0)).sessionPresent() || first);
            readAll();
            again.forEach(this::send);
        }

        /** The client reads what has arrived, now or some time later. */
        private void read() {
            if (settling || random.nextInt(3) > 0) {
                readAll();
            }
        }

        private void readAll() {
            List<Object> wire = List.copyOf(effects.wire);
            effects.wire.clear();
            for (Object sent : wire) {
                if (sent instanceof RecordingEffects.Sent publish) {
                    client.delivered(publish);
                } else {
                    client.packet((ControlPacket) sent);
                }
            }
            assertThat(effects.closed).isFalse();
        }

        private void send(ControlPacket packet) {
            connection.packet(packet, nowMillis);
            read();
        }

        private void append() {
            int qos = 1 + random.nextInt(2);
            String payload = "m" + appended++;
            if (persistent) {
                broker.append(qos, payload);
            } else {
                broker.queued.add(payload);
                connection.deliver(ModelBroker.message(qos, payload), QoS.of(qos), false, TestClient.NO_IDS, nowMillis);
            }
            read();
        }

        private void answer() {
            ControlPacket packet = client.answer();
            if (packet != null) {
                send(packet);
            }
        }

        private void broker() {
            broker.now(nowMillis);
            broker.step(connection);
            read();
        }

        private void pass(long millis) {
            nowMillis += millis;
            connection.tick(nowMillis);
            read();
        }

        private void reconnect() {
            boolean crash = random.nextInt(3) == 0;
            if (crash) {
                connection.abandon();
            } else {
                connection.lost(nowMillis);
            }
            long lastSent = crash ? -1 : effects.ends.get(0).lastSentSequence();
            broker.ended(connection, lastSent, crash);
            connect(false);
        }

        void step() {
            switch (random.nextInt(12)) {
                case 0, 1 -> append();
                case 2 -> {
                    if (client.mayPublish() && effects.reading) {
                        send(client.publish(random.nextInt(3)));
                    }
                }
                case 3, 4 -> answer();
                case 5 -> {
                    if (!v5) {
                        client.repeat().forEach(this::send);
                    }
                }
                case 6 -> {
                    writable = !writable;
                    connection.writable(writable, nowMillis);
                    read();
                }
                case 7 -> pass(random.nextInt(20));
                case 8 -> {
                    if (persistent && random.nextInt(10) == 0) {
                        reconnect();
                    }
                }
                default -> broker();
            }
        }

        void settle() {
            settling = true;
            readAll();
            if (!writable) {
                writable = true;
                connection.writable(true, nowMillis);
                read();
            }
            for (int i = 0; i < 20_000 && !isDone(); i++) {
                answer();
                broker();
                if (i % 50 == 0) {
                    pass(50);
                }
                if (i % 500 == 499 && broker.isIdle()) {
                    pass(5_000);
                    broker.fetch(connection.nextSequence()); // the slow timer of I5, for the last hint
                }
            }
            assertThat(isDone()).as("all done, reading %s", effects.reading).isTrue();
        }

        private boolean isDone() {
            return client.isIdle() && broker.isIdle() && broker.open() == 0 && effects.reading;
        }

        void check() {
            assertThat(client.delivered.keySet()).as("nothing is lost").containsAll(broker.queued);
            assertThat(client.firstDeliveries).as("in order").isEqualTo(broker.queued);
            client.takenQos2.forEach((payload, times) ->
                    assertThat(times).as("QoS 2 message %s", payload).isEqualTo(1));
            client.sentQos2.forEach(payload -> assertThat(broker.taken.getOrDefault(payload, 0))
                    .as("QoS 2 publish %s", payload)
                    .isEqualTo(client.refused.contains(payload) ? 0 : 1));
            client.sentQos1.stream()
                    .filter(payload -> !client.refused.contains(payload))
                    .forEach(payload -> assertThat(broker.taken).containsKey(payload));
        }
    }

    @Test // [MQTT311-4.3.2-1..2] [MQTT311-4.3.3-1..2]
    void randomSessionsKeepEveryPromise() {
        long base = Long.getLong("covey.seed", 20_240_601L);
        for (long seed = base; seed < base + SEEDS; seed++) {
            try {
                Run run = new Run(seed);
                for (int i = 0; i < STEPS; i++) {
                    run.step();
                }
                run.settle();
                run.check();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed + " (-Dcovey.seed=" + seed + ")", failure);
            }
        }
    }
}
