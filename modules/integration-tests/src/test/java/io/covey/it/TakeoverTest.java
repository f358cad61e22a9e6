package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client id has one connection in the whole cluster, the newest; what was on its way to the one before is sent again [I2]. */
@Timeout(240)
@ExtendWith(HealthyCluster.class)
class TakeoverTest {
    private static final int NODES = 3;
    private static final int THREADS = 10;
    private static final int EACH = 100;
    private static final int IN_TURN = 200;

    private final ClusterProcesses cluster;

    TakeoverTest(ClusterProcesses cluster) {
        this.cluster = cluster;
    }

    @Test
    void eachTakeoverEndsTheConnectionBeforeAndSendsAgainWhatWasOnItsWay() throws Exception {
        List<Probe> probes = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            probes.add(cluster.probe(node, Mqtt.V5));
        }
        Probe first = probes.get(0);
        ConnectBytes connect = new ConnectBytes(Mqtt.V5, first.id("c")).persistent();
        try {
            Wire before = first.accepted(connect, false).subscribe(first.topic("a"), 2);
            Wire writer = probes.get(1).client("p");
            List<Long> micros = new ArrayList<>();
            for (int i = 1; i <= IN_TURN; i++) {
                writer.publish(first.topic("a"), "message " + i, 1 + i % 2);
                Packet sent = before.next(Packet.PUBLISH);

                long start = System.nanoTime();
                Wire after = probes.get(i % NODES).accepted(connect, true);
                micros.add(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - start));
                // [MQTT-3.1.4-3]
                before.refused(0x8E);
                // [MQTT-4.4.0-1]
                Packet again = firstOf("message " + i, after);
                assertThat(again.dup()).isTrue();
                assertThat(again.id()).isEqualTo(sent.id());
                after.quiet();
                before = after;
            }
            Collections.sort(micros);
            System.out.printf(
                    "%d takeovers in turn: CONNACK median %d us, p99 %d us%n",
                    IN_TURN, micros.get(IN_TURN / 2), micros.get(IN_TURN * 99 / 100));
        } finally {
            for (Probe probe : probes) {
                probe.close();
            }
        }
    }

    /** The message; what comes before it is from handshakes whose last step the takeover has overtaken. */
    private static Packet firstOf(String payload, Wire wire) throws IOException {
        Packet packet = wire.next();
        while (!packet.text().equals(payload)) {
            if (packet.type() == Packet.PUBREL) {
                wire.send(wire.make.acknowledge(Packet.PUBCOMP, packet.id()));
            } else {
                assertThat(packet.type()).as("type of " + packet).isEqualTo(Packet.PUBLISH);
                assertThat(packet.qos())
                        .as("QoS of what comes again: " + packet)
                        .isEqualTo(1);
                assertThat(packet.dup()).as("DUP of " + packet).isTrue();
                wire.accept(packet);
            }
            packet = wire.next();
        }
        wire.accept(packet);
        return packet;
    }

    /** What the connections of one client id have seen together. */
    private static final class Seen {
        final Set<String> messages = ConcurrentHashMap.newKeySet();
        final AtomicInteger live = new AtomicInteger();
        final AtomicInteger accepted = new AtomicInteger();
        final AtomicInteger overtaken = new AtomicInteger();
        final AtomicInteger refused = new AtomicInteger();
        final List<Throwable> faults = Collections.synchronizedList(new ArrayList<>());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aThousandAtOnceLeaveOneOwnerAndLoseNothing(boolean persistent) throws Exception {
        try (Probe home = cluster.probe(0, Mqtt.V5)) {
            String topic = home.topic("t");
            ConnectBytes connect = home.connect("c");
            ConnectBytes owner = persistent ? connect.persistent() : connect;
            if (persistent) {
                home.accepted(owner, false).subscribe(topic, 2).disconnect();
            }
            Seen seen = new Seen();
            ExecutorService executor = Executors.newCachedThreadPool();
            try {
                List<Future<?>> connecting = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    connecting.add(executor.submit(() -> connectAgainAndAgain(executor, owner, seen)));
                }
                int published = 0;
                Wire writer = home.client("p");
                while (!connecting.stream().allMatch(Future::isDone)) {
                    writer.publish(topic, "message " + published, 1 + published % 2);
                    published++;
                    Probe.elapse(2);
                }
                for (Future<?> each : connecting) {
                    each.get();
                }
                int all = published;
                assertThat(seen.faults).isEmpty();
                Waiting.until("one owner is left of " + seen.accepted, () -> seen.live.get() == 1);
                if (persistent) {
                    Waiting.until("all of " + all + " messages came", () -> seen.messages.size() == all);
                }
                System.out.printf(
                        "%d takeovers at once, %d overtaken before CONNACK, %d refused, %d messages meanwhile%n",
                        seen.accepted.get(), seen.overtaken.get(), seen.refused.get(), all);
                assertThat(seen.faults).isEmpty();
                assertThat(seen.accepted.get() + seen.overtaken.get() + seen.refused.get())
                        .isEqualTo(THREADS * EACH);
                Probe.elapse(500);
                assertThat(seen.live.get()).as("connections that are left").isEqualTo(1);
            } finally {
                executor.shutdownNow();
            }
        }
    }

    private void connectAgainAndAgain(ExecutorService executor, ConnectBytes owner, Seen seen) {
        try {
            for (int i = 0; i < EACH; i++) {
                int node = ThreadLocalRandom.current().nextInt(NODES);
                Wire wire = cluster.probe(node, Mqtt.V5).send(owner);
                Packet connack = wire.nextOrEnd();
                if (connack == null) {
                    // A newer connection took over before this one was accepted.
                    seen.overtaken.incrementAndGet();
                } else if (connack.code() == 0x88) {
                    // It waited too long for those before it.
                    seen.refused.incrementAndGet();
                } else {
                    assertThat(connack.code()).as("code of " + connack).isZero();
                    wire.waitForever();
                    seen.accepted.incrementAndGet();
                    seen.live.incrementAndGet();
                    executor.execute(() -> readToTheEnd(wire, seen));
                }
            }
        } catch (IOException | AssertionError wrong) {
            seen.faults.add(wrong);
        }
    }

    private static void readToTheEnd(Wire wire, Seen seen) {
        try (wire) {
            for (Packet packet = wire.nextOrEnd(); packet != null; packet = wire.nextOrEnd()) {
                if (packet.type() == Packet.PUBLISH) {
                    seen.messages.add(packet.text());
                    wire.sendToTheDeaf(
                            wire.make.acknowledge(packet.qos() == 1 ? Packet.PUBACK : Packet.PUBREC, packet.id()));
                } else if (packet.type() == Packet.PUBREL) {
                    wire.sendToTheDeaf(wire.make.acknowledge(Packet.PUBCOMP, packet.id()));
                } else if (packet.code() != 0x8E) {
                    seen.faults.add(new AssertionError("ended by " + packet));
                }
            }
        } catch (IOException | AssertionError wrong) {
            seen.faults.add(wrong);
        } finally {
            seen.live.decrementAndGet();
        }
    }
}
