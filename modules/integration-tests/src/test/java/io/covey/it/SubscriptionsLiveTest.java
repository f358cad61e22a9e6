package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** SUBACK means live: what any node accepts after it reaches the subscription [I6]. */
@Timeout(240)
@ExtendWith(HealthyCluster.class)
class SubscriptionsLiveTest {
    private static final int NODES = 3;
    private static final int THREADS = 10;
    private static final int ROUNDS = 100;
    private static final int CLIENTS = 300;
    private static final int FILTERS = 5;

    private final ClusterProcesses cluster;

    SubscriptionsLiveTest(ClusterProcesses cluster) {
        this.cluster = cluster;
    }

    private static <T> List<T> together(List<Callable<T>> tasks, int threads) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> each : executor.invokeAll(tasks)) {
                results.add(each.get());
            }
            return results;
        } finally {
            executor.shutdownNow();
        }
    }

    /** A thousand times: a new filter at one node, and at once a publish at each of the others. */
    @Test
    void whatIsPublishedElsewhereRightAfterSubackIsNeverMissed() throws Exception {
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            tasks.add(() -> subscribeAndPublish(thread));
        }
        assertThat(together(tasks, THREADS).stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(THREADS * ROUNDS);
    }

    private int subscribeAndPublish(int thread) throws Exception {
        int home = thread % NODES;
        try (Probe here = cluster.probe(home, Mqtt.V5);
                Probe second = cluster.probe((home + 1) % NODES, Mqtt.V5);
                Probe third = cluster.probe((home + 2) % NODES, Mqtt.V5)) {
            ConnectBytes connect = here.connect("r");
            Wire reader = here.accepted(thread % 2 == 0 ? connect : connect.persistent());
            List<Wire> writers = List.of(second.client("p"), third.client("q"));
            for (int i = 0; i < ROUNDS; i++) {
                String filter = i % 3 == 0 ? "+/f" + i : i % 3 == 1 ? "x/f" + i : "x/f" + i + "/#";
                reader.subscribe(here.topic(filter), 1);
                Set<String> expected = new HashSet<>();
                for (int writer = 0; writer < writers.size(); writer++) {
                    int qos = (thread + i + writer) % 3;
                    String payload = "writer " + writer + " round " + i;
                    Wire at = writers.get(writer);
                    at.send(at.make.publish(here.topic("x/f" + i), payload, qos, 1 + i));
                    expected.add(payload);
                }
                Set<String> seen = new HashSet<>();
                for (int j = 0; j < writers.size(); j++) {
                    Packet message = reader.next(Packet.PUBLISH);
                    seen.add(message.text());
                    reader.accept(message);
                }
                assertThat(seen).isEqualTo(expected);
                for (int writer = 0; writer < writers.size(); writer++) {
                    complete(writers.get(writer), (thread + i + writer) % 3, 1 + i);
                }
            }
            reader.quiet();
            return ROUNDS;
        }
    }

    private static void complete(Wire writer, int qos, int id) throws IOException {
        if (qos == 1) {
            writer.next(Packet.PUBACK, id);
        } else if (qos == 2) {
            writer.next(Packet.PUBREC, id);
            writer.send(writer.make.acknowledge(Packet.PUBREL, id));
            writer.next(Packet.PUBCOMP, id);
        }
    }

    /** All at once: connect, subscribe to five filters that nobody else has, and hear what is published at another node. */
    @Test
    void aCrowdThatComesAtOnceIsSubscribedAndMissesNothing() throws Exception {
        CyclicBarrier ready = new CyclicBarrier(CLIENTS);
        List<Callable<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int client = i;
            tasks.add(() -> oneOfMany(client, ready));
        }
        List<Long> millis = new ArrayList<>(together(tasks, CLIENTS));
        Collections.sort(millis);
        System.out.printf(
                "%d clients subscribe at once: SUBACK median %d ms, p99 %d ms%n",
                CLIENTS, millis.get(CLIENTS / 2), millis.get(CLIENTS * 99 / 100));
    }

    private long oneOfMany(int client, CyclicBarrier ready) throws Exception {
        try (Probe here = cluster.probe(client % NODES, Mqtt.V5);
                Probe there = cluster.probe((client + 1) % NODES, Mqtt.V5)) {
            Wire writer = there.client("p");
            ready.await(Waiting.PATIENCE_SECONDS, TimeUnit.SECONDS);
            long start = System.nanoTime();
            ConnectBytes connect = here.connect("r");
            Wire reader = here.accepted(client % 2 == 0 ? connect : connect.persistent());
            byte[] payload = {};
            for (int filter = 0; filter < FILTERS; filter++) {
                payload = Bytes.join(payload, Bytes.text(here.topic("f" + filter)), Bytes.of(1));
            }
            reader.send(reader.make.subscribe(7, payload));
            assertThat(reader.answer(Packet.SUBACK).codes()).hasSize(FILTERS).containsOnly(1);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            for (int filter = 0; filter < FILTERS; filter++) {
                writer.publish(here.topic("f" + filter), "now", 1);
                reader.receive(here.topic("f" + filter), "now", 1);
            }
            reader.quiet();
            return millis;
        }
    }
}
