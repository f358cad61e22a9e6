package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three processes; the one that holds the subscribers is killed with SIGKILL in the middle of steady publishing. Nothing acknowledged may be
 * missing, nothing at QoS 2 may come twice, and the order of each publisher is kept [I1, I3, I4].
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeKilledTest {
    private static final int PUBLISHERS = 4;
    private static final int SUBSCRIBERS = 2;
    private static final long PAUSE_MILLIS = 4;

    /** What one subscriber received, in order, per publisher. */
    private static final class Received {
        final Map<String, List<Long>> byPublisher = new ConcurrentHashMap<>();

        void add(String topic, MqttMessage message) {
            String[] parts = new String(message.getPayload(), StandardCharsets.UTF_8).split(" ", 2);
            List<Long> numbers = byPublisher.computeIfAbsent(parts[0], key -> new ArrayList<>());
            synchronized (numbers) {
                numbers.add(Long.parseLong(parts[1]));
            }
        }

        List<Long> of(String publisher) {
            List<Long> numbers = byPublisher.getOrDefault(publisher, List.of());
            synchronized (numbers) {
                return List.copyOf(numbers);
            }
        }
    }

    /** Publishes numbered messages at a steady rate and notes which were acknowledged. */
    private static final class Publisher implements Runnable {
        final String name;
        final int qos;
        final RoamingClient client;
        final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
        final AtomicLong longestGapNanos = new AtomicLong();
        private volatile boolean running = true;
        private volatile long lastAcknowledgedNanos = System.nanoTime();
        private long number;

        Publisher(String name, int qos, List<String> uris) throws MqttException {
            this.name = name;
            this.qos = qos;
            this.client = new RoamingClient(name, uris, 100, (topic, message) -> {});
        }

        @Override
        public void run() {
            while (running) {
                try {
                    publish();
                } catch (MqttException notConnectedOrFull) {
                    // This number was not taken; it is published later.
                    number--;
                }
                sleep();
            }
        }

        private void publish() throws MqttException {
            long mine = ++number;
            byte[] payload = (name + " " + mine).getBytes(StandardCharsets.UTF_8);
            client.client().publish("orders/" + name, payload, qos, false, null, new IMqttActionListener() {
                @Override
                public void onSuccess(IMqttToken token) {
                    long now = System.nanoTime();
                    longestGapNanos.accumulateAndGet(now - lastAcknowledgedNanos, Math::max);
                    lastAcknowledgedNanos = now;
                    acknowledged.add(mine);
                }

                @Override
                public void onFailure(IMqttToken token, Throwable cause) {
                    // Not acknowledged: it may or may not arrive.
                }
            });
        }

        private static void sleep() {
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aKilledNodeLosesNothingThatWasAcknowledged() throws Exception {
        Map<String, Received> received = new HashMap<>();
        List<RoamingClient> subscribers = new ArrayList<>();
        List<Publisher> publishers = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        try (ClusterProcesses cluster = ClusterProcesses.start(3)) {
            for (int i = 0; i < SUBSCRIBERS; i++) {
                for (int qos = 1; qos <= 2; qos++) {
                    Received log = new Received();
                    String id = "reader-" + i + "-qos" + qos;
                    RoamingClient subscriber = new RoamingClient(id, cluster.urisFrom(0), 100, log::add);
                    subscriber.subscribe("orders/#", qos);
                    subscribers.add(subscriber);
                    received.put(id, log);
                }
            }
            for (int i = 0; i < PUBLISHERS; i++) {
                publishers.add(new Publisher("writer-" + i, 1 + i % 2, cluster.urisFrom(1 + i % 2)));
            }
            for (Publisher publisher : publishers) {
                Thread thread = new Thread(publisher, publisher.name);
                thread.start();
                threads.add(thread);
            }

            TimeUnit.SECONDS.sleep(5);
            cluster.node(0).kill();
            TimeUnit.SECONDS.sleep(8);
            cluster.restart(0);
            TimeUnit.SECONDS.sleep(4);
            cluster.node(1).kill();
            TimeUnit.SECONDS.sleep(8);
            for (Publisher publisher : publishers) {
                publisher.running = false;
            }
            for (Thread thread : threads) {
                thread.join();
            }

            awaitAll(received, publishers);
            verify(received, publishers);
            assertThat(subscribers).allSatisfy(subscriber -> {
                assertThat(subscriber.reconnects()).isPositive();
                assertThat(subscriber.sessionsLost()).as("sessions not found").isZero();
            });
        } finally {
            for (RoamingClient subscriber : subscribers) {
                subscriber.close();
            }
            for (Publisher publisher : publishers) {
                publisher.running = false;
                publisher.client.close();
            }
        }
    }

    private static void awaitAll(Map<String, Received> received, List<Publisher> publishers)
            throws InterruptedException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < limit && !missing(received, publishers).isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
        // What would come twice gets the time to do so.
        TimeUnit.SECONDS.sleep(1);
    }

    private static List<String> missing(Map<String, Received> received, List<Publisher> publishers) {
        List<String> missing = new ArrayList<>();
        received.forEach((reader, log) -> {
            for (Publisher publisher : publishers) {
                Set<Long> lost = new HashSet<>(publisher.acknowledged);
                lost.removeAll(new HashSet<>(log.of(publisher.name)));
                lost.forEach(number -> missing.add(reader + " lacks " + publisher.name + " " + number));
            }
        });
        return missing;
    }

    private static void verify(Map<String, Received> received, List<Publisher> publishers) {
        assertThat(missing(received, publishers)).as("acknowledged and lost").isEmpty();
        for (Publisher publisher : publishers) {
            assertThat(publisher.acknowledged)
                    .as("publishes of " + publisher.name)
                    .hasSizeGreaterThan(500);
            received.forEach((reader, log) -> {
                List<Long> numbers = log.of(publisher.name);
                List<Long> distinct = numbers.stream().distinct().toList();
                assertThat(distinct)
                        .as("order of " + publisher.name + " at " + reader)
                        .isSorted();
                if (publisher.qos == 2 && reader.endsWith("qos2")) {
                    assertThat(numbers)
                            .as("QoS 2 of " + publisher.name + " at " + reader)
                            .doesNotHaveDuplicates();
                }
            });
            System.out.printf(
                    "%s: %d acknowledged, longest gap %d ms%n",
                    publisher.name,
                    publisher.acknowledged.size(),
                    TimeUnit.NANOSECONDS.toMillis(publisher.longestGapNanos.get()));
        }
    }
}
