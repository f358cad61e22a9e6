package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLifecycle;
import io.covey.broker.NodeSettings;
import io.covey.bucket.Batch;
import io.covey.bucket.BucketLimits;
import io.covey.cluster.BucketLoad;
import io.covey.cluster.LocalBuckets;
import io.covey.observability.BrokerMetrics;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import io.covey.wire.ConnectionGate;
import io.covey.wire.ListenerSettings;
import io.covey.wire.MqttListeners;
import io.covey.wire.VertxLoops;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A whole node, with real sockets, under clients that want more than it can do [I7]. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FloodTest {
    private static final int PARTITIONS = 7;
    private static final long WAITING_BYTES_MAX = 4L << 20;
    private static final int PAYLOAD_BYTES = 4 << 10;

    private final BrokerMetrics metrics = new BrokerMetrics();
    private final BucketLoad load = new BucketLoad(PARTITIONS, 1L << 40, metrics::dropped);
    private final LocalBuckets buckets = new LocalBuckets(
            PARTITIONS,
            new BucketLimits(1_000_000, 1L << 40, 1L << 40, 128, 10_000),
            load,
            System::currentTimeMillis,
            (reason, cause) -> {
                throw new AssertionError(reason, cause);
            });
    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private final List<FloodClient> clients = new ArrayList<>();
    private Stall stall;
    private MqttListeners listeners;

    /** Lets batches through, or holds them. Owned by the loop. */
    private static final class Stall implements BucketGateway {
        private final BucketGateway gateway;
        private final List<Runnable> held = new ArrayList<>();
        private boolean holds;

        Stall(BucketGateway gateway) {
            this.gateway = gateway;
        }

        @Override
        public int partitionCount() {
            return gateway.partitionCount();
        }

        @Override
        public void submit(int partition, Batch batch, boolean repair, Answer answer) {
            if (holds) {
                held.add(() -> gateway.submit(partition, batch, repair, answer));
            } else {
                gateway.submit(partition, batch, repair, answer);
            }
        }

        void hold() {
            holds = true;
        }

        void release() {
            holds = false;
            held.forEach(Runnable::run);
            held.clear();
        }
    }

    private VertxLoops start() throws Exception {
        VertxLoops loops = await(VertxLoops.deploy(vertx, 1, 0));
        CountDownLatch serving = new CountDownLatch(1);
        NodeLifecycle lifecycle = new NodeLifecycle() {
            @Override
            public void serving() {
                serving.countDown();
            }

            @Override
            public void restart(String reason) {
                throw new AssertionError(reason);
            }
        };
        stall = new Stall(buckets.gateway(loops.loops().get(0)));
        Node node = new Node(
                NodeSettings.SINGLE.withWaitingBytesMax(WAITING_BYTES_MAX),
                1,
                loops.loops(),
                shard -> stall,
                (target, message) -> {},
                (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS)),
                metrics,
                lifecycle);
        node.ownedPartitions(buckets.ownedPartitions());
        node.start(buckets.begin(1));
        assertThat(serving.await(30, TimeUnit.SECONDS)).isTrue();
        ConnectionGate gate = new ConnectionGate(ConnectionGate.Limits.NONE, new ConnectionGate.Observer() {
            @Override
            public void refused(String listener, ConnectionGate.Refusal reason) {
                throw new AssertionError(reason.toString());
            }

            @Override
            public void closed(String listener, ConnectionGate.Slowness reason) {
                throw new AssertionError(reason.toString());
            }
        });
        listeners = await(
                MqttListeners.open(loops, List.of(ListenerSettings.tcp("tcp", "127.0.0.1", 0)), node::connect, gate));
        return loops;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(30, TimeUnit.SECONDS);
    }

    private static void onLoop(VertxLoops loops, Runnable task) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        loops.loops().get(0).submit(() -> {
            task.run();
            done.countDown();
        });
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private FloodClient client(String clientId, boolean cleanSession) throws Exception {
        FloodClient client = new FloodClient(listeners.port("tcp"), clientId, cleanSession);
        clients.add(client);
        return client;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    /** Bytes of payloads of QoS 1 and 2 that the node has taken. */
    private double taken() {
        return metric("mqtt_payload_received_bytes_total{qos=\"1\"}")
                + metric("mqtt_payload_received_bytes_total{qos=\"2\"}");
    }

    /** Waits until the node has taken nothing more for a while. */
    private double settled() throws InterruptedException {
        double last = -1;
        double now = taken();
        while (now != last) {
            TimeUnit.MILLISECONDS.sleep(500);
            last = now;
            now = taken();
        }
        return now;
    }

    private double metric(String name) {
        Matcher line = Pattern.compile("(?m)^" + Pattern.quote(name) + " (.*)$").matcher(metrics.scrape());
        return line.find() ? Double.parseDouble(line.group(1)) : 0;
    }

    private static long heapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @AfterEach
    void stop() throws Exception {
        for (FloodClient client : clients) {
            client.close();
        }
        if (listeners != null) {
            await(listeners.close(Duration.ZERO));
        }
        await(vertx.close());
        buckets.close();
    }

    @Test
    @DisplayName("I7: fifty publishers that do not wait fill no memory while the buckets stand still, and lose nothing")
    void floodingPublishersAreNotReadWhileBucketsStandStill() throws Exception {
        int messages = 400; // of each publisher: 53 MiB of QoS 1 and 2 in all
        VertxLoops loops = start();
        FloodClient subscriber = client("subscriber", false);
        subscriber.subscribe("flood/#", QoS.EXACTLY_ONCE);
        subscriber.close();
        List<FloodClient> publishers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            publishers.add(client("publisher-" + i, true));
        }
        await(() -> metric("mqtt_connections") == 50);
        long heapBefore = heapBytes();
        onLoop(loops, stall::hold);

        for (int i = 0; i < 50; i++) {
            publishers.get(i).flood("flood/" + i, QoS.of(i % 3), messages, PAYLOAD_BYTES);
        }
        // So much is taken in any case; that it is not much more shows in the end.
        await(() -> taken() >= WAITING_BYTES_MAX / 2.0);
        double taken = settled();
        long heapGrowth = heapBytes() - heapBefore;

        double each = PAYLOAD_BYTES + 512;
        assertThat(taken)
                .isBetween((double) WAITING_BYTES_MAX / 2, WAITING_BYTES_MAX + PARTITIONS * 262_144 + 50 * each);
        assertThat(heapGrowth).isLessThan(32L << 20);
        onLoop(loops, stall::release);

        for (FloodClient publisher : publishers) {
            publisher.awaitFlooded();
        }
        int acknowledged = 33 * messages;
        await(() -> publishers.stream().mapToInt(FloodClient::acknowledged).sum() == acknowledged);
        assertThat(load.owned().queuedMessages()).isEqualTo(acknowledged);
        // Nothing tells the publishers of QoS 0 when theirs have been read.
        await(() -> metric("mqtt_messages_received_total{qos=\"0\"}") >= 17.0 * messages);
        assertThat(metric("mqtt_messages_received_total{qos=\"0\"}")).isEqualTo(17.0 * messages);
    }

    @Test
    @DisplayName("I7: a subscriber that does not read costs a bounded queue, and its publishers and others nothing")
    void aStalledSubscriberSlowsNobody() throws Exception {
        int chunk = 500;
        int messages = 10 * chunk;
        start();
        FloodClient stalled = client("stalled", true);
        stalled.subscribe("t", QoS.AT_LEAST_ONCE);
        stalled.stopReading();
        FloodClient healthy = client("healthy", true);
        healthy.subscribe("t", QoS.AT_LEAST_ONCE);
        FloodClient publisher = client("publisher", true);

        for (int sent = chunk; sent <= messages; sent += chunk) {
            int expected = sent;
            publisher.flood("t", QoS.AT_LEAST_ONCE, chunk, PAYLOAD_BYTES);
            await(() -> publisher.acknowledged() == expected && healthy.received() == expected);
        }

        double queued = NodeSettings.SINGLE.session().transientQueueBytesMax() / (double) PAYLOAD_BYTES;
        double dropped = metric("mqtt_messages_dropped_total{reason=\"queue_full\"}");
        assertThat(dropped).isGreaterThanOrEqualTo(messages - queued - 2_000).isPositive();
    }
}
