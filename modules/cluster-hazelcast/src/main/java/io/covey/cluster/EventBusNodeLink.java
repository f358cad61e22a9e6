package io.covey.cluster;

import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.NodeMessageCodec;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.routing.ShardAddress;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.MessageProducer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries messages between nodes over Vert.x's clustered event bus: each node listens at one address of its own, and what goes to one node
 * travels together, as much as gathers until the link's event loop comes round. Lossy by contract: what does not fit, or has nowhere to go,
 * is counted and dropped.
 */
final class EventBusNodeLink implements NodeLink {
    /** Bytes that may wait for one node, written or not. */
    static final int WAITING_BYTES_MAX = 16 << 20;

    private static final String NAME = "covey";
    private static final int CAPACITY = 4 << 10;
    private static final int KEPT_CAPACITY_MAX = 1 << 20;

    /** How often a frame goes to each node even without messages, and how long silence is taken for granted. */
    private static final long HELLO_MILLIS = 3_000;

    private static final long SILENCE_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(EventBusNodeLink.class);

    private final Vertx vertx;
    private final Context context;
    private final HazelcastMembership membership;
    private final PartitionHost host;
    private final BiConsumer<ShardAddress, NodeMessage> receiver;
    private final ConcurrentHashMap<Long, Peer> peers = new ConcurrentHashMap<>();
    private final LongAdder dropped = new LongAdder();
    private long droppedReported;
    private @Nullable String unreadable;

    /**
     * @param receiver takes messages for this node's incarnation, on the link's event loop or, from this node itself, on the sender's thread
     */
    EventBusNodeLink(
            Vertx vertx,
            HazelcastMembership membership,
            PartitionHost host,
            BiConsumer<ShardAddress, NodeMessage> receiver) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.membership = membership;
        this.host = host;
        this.receiver = receiver;
    }

    /** Begins to listen; {@code ready} runs on the link's event loop. */
    void start(String nodeId, Consumer<@Nullable Throwable> ready) {
        context.runOnContext(begin -> {
            MessageConsumer<Buffer> consumer = vertx.eventBus()
                    .consumer(EventBusCluster.address(NAME, nodeId), message -> receive(message.body()));
            consumer.completion().onComplete(done -> ready.accept(done.cause()));
            vertx.setPeriodic(HELLO_MILLIS, timer -> attend());
        });
    }

    @Override
    public void send(ShardAddress target, NodeMessage message) {
        if (target.node() == host.incarnation()) {
            receiver.accept(target, message);
            return;
        }
        Peer peer = peer(target.node());
        if (peer == null) {
            dropped.increment();
        } else {
            peer.add(target, message);
        }
    }

    /** Messages that were dropped since the start. */
    long dropped() {
        return dropped.sum();
    }

    private @Nullable Peer peer(long node) {
        Peer known = peers.get(node);
        if (known != null) {
            return known;
        }
        String nodeId = membership.nodeIdOf(node);
        return nodeId == null ? null : peers.computeIfAbsent(node, added -> new Peer(node, nodeId));
    }

    /** A frame: the sender's incarnation, and a batch of messages. */
    private void receive(Buffer frame) {
        ByteReader in = new ByteReader(frame.getBytes());
        Peer peer = peer(in.i64());
        if (peer != null) {
            peer.heardNanos = System.nanoTime();
        }
        try {
            NodeMessageCodec.read(in, (target, message) -> {
                if (target.node() == host.incarnation()) {
                    receiver.accept(target, message);
                }
            });
        } catch (IllegalArgumentException | IndexOutOfBoundsException foreign) {
            unreadable = foreign.toString();
            dropped.increment();
        }
    }

    /** Forgets those who left, greets the others, and reports who is a member but is not heard. */
    private void attend() {
        Map<Long, String> members = membership.nodeIds();
        peers.keySet().removeIf(node -> !members.containsKey(node));
        for (long node : members.keySet()) {
            Peer peer = node == host.incarnation() ? null : peer(node);
            if (peer != null) {
                peer.greet();
                peer.reportSilence();
            }
        }
        if (unreadable != null) {
            LOG.warn("another node sent what cannot be read; reason={}", unreadable);
            unreadable = null;
        }
        long lost = dropped.sum();
        if (lost > droppedReported) {
            LOG.warn("messages to or from other nodes were dropped; count={}", lost - droppedReported);
            droppedReported = lost;
        }
    }

    /** What waits for one incarnation of another node. */
    private final class Peer {
        private final long node;
        private final MessageProducer<Buffer> producer;
        private ByteWriter gathered;
        private boolean flushComes;
        private int writtenBytes;
        private volatile long heardNanos = System.nanoTime();
        private boolean silent;

        Peer(long node, String nodeId) {
            this.node = node;
            this.gathered = begun(new ByteWriter(CAPACITY));
            this.producer = vertx.eventBus().sender(EventBusCluster.address(NAME, nodeId));
        }

        private ByteWriter begun(ByteWriter empty) {
            NodeMessageCodec.begin(node, empty.i64(host.incarnation()));
            return empty;
        }

        synchronized void add(ShardAddress target, NodeMessage message) {
            if (gathered.size() + writtenBytes > WAITING_BYTES_MAX) {
                dropped.increment();
                return;
            }
            NodeMessageCodec.write(target.shard(), message, gathered);
            flushSoon();
        }

        synchronized void greet() {
            flushSoon();
        }

        private void flushSoon() {
            if (!flushComes) {
                flushComes = true;
                context.runOnContext(turn -> flush());
            }
        }

        private void flush() {
            Buffer frame = take();
            int length = frame.length();
            try {
                producer.write(frame).onComplete(done -> written(length));
            } catch (RuntimeException connectionEnds) {
                // Vert.x throws where the connection ends at this moment; what counts as written would stay so for
                // ever.
                dropped.increment();
                written(length);
            }
        }

        private synchronized Buffer take() {
            flushComes = false;
            Buffer frame = Buffer.buffer(gathered.toByteArray());
            writtenBytes += frame.length();
            gathered = gathered.size() > KEPT_CAPACITY_MAX ? begun(new ByteWriter(CAPACITY)) : begun(gathered.clear());
            return frame;
        }

        private synchronized void written(int length) {
            writtenBytes -= length;
        }

        void reportSilence() {
            long silentMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heardNanos);
            if (silentMillis > SILENCE_MILLIS != silent) {
                silent = !silent;
                if (silent) {
                    LOG.warn("a member is not heard over the event bus; node={} forMillis={}", node, silentMillis);
                } else {
                    LOG.info("a member is heard again over the event bus; node={}", node);
                }
            }
        }
    }
}
