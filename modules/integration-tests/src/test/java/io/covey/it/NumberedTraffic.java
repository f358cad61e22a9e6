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

/**
 * Publishers that number their messages, at QoS 1 and 2, and subscribers with persistent sessions that note what they got: in the end nothing
 * acknowledged may be missing, nothing at QoS 2 may have come twice, and the order of each publisher is kept [I1, I3, I4].
 */
final class NumberedTraffic implements AutoCloseable {
    private static final long PAUSE_MILLIS = 4;

    private final Map<String, Received> received = new HashMap<>();
    private final List<RoamingClient> subscribers = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

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

    /** Adds a subscriber at each QoS, each with a session that is kept. */
    void subscribe(String name, List<String> uris) throws MqttException {
        for (int qos = 1; qos <= 2; qos++) {
            Received log = new Received();
            String id = name + "-qos" + qos;
            RoamingClient subscriber = new RoamingClient(id, uris, 100, log::add);
            subscriber.subscribe("orders/#", qos);
            subscribers.add(subscriber);
            received.put(id, log);
        }
    }

    /** Adds a publisher, which publishes at once. */
    void publish(String name, int qos, List<String> uris) throws MqttException {
        Publisher publisher = new Publisher(name, qos, uris);
        publishers.add(publisher);
        Thread thread = new Thread(publisher, name);
        thread.start();
        threads.add(thread);
    }

    /** The subscribers. */
    List<RoamingClient> subscribers() {
        return subscribers;
    }

    /** How many messages were acknowledged so far. */
    int acknowledged() {
        return publishers.stream()
                .mapToInt(publisher -> publisher.acknowledged.size())
                .sum();
    }

    /** Ends the publishing, waits for what is on its way, and checks what came. */
    void finishAndVerify(int acknowledgedMin) throws InterruptedException {
        for (Publisher publisher : publishers) {
            publisher.running = false;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        awaitAll();
        verify(acknowledgedMin);
    }

    @Override
    public void close() throws MqttException {
        for (RoamingClient subscriber : subscribers) {
            subscriber.close();
        }
        for (Publisher publisher : publishers) {
            publisher.running = false;
            publisher.client.close();
        }
    }

    private void awaitAll() throws InterruptedException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < limit && !missing().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(200);
        }
        // What would come twice gets the time to do so.
        TimeUnit.SECONDS.sleep(1);
    }

    private List<String> missing() {
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

    private void verify(int acknowledgedMin) {
        assertThat(missing()).as("acknowledged and lost").isEmpty();
        for (Publisher publisher : publishers) {
            assertThat(publisher.acknowledged)
                    .as("publishes of " + publisher.name)
                    .hasSizeGreaterThan(acknowledgedMin);
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
