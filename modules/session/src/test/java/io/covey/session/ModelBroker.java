package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** The simplest broker that keeps the promises a connection relies on: one session's bucket, its lane, hints that get lost, publishes. */
final class ModelBroker {
    private static final int HANDED_MAX = 12;

    /** A message in the session's queue; handed once it has a sequence. */
    private static final class Entry {
        final Message message;
        boolean received;
        boolean dup;

        Entry(Message message) {
            this.message = message;
        }
    }

    private final RandomGenerator random;
    private final boolean refuses;

    private final Deque<Entry> waiting = new ArrayDeque<>();
    private final TreeMap<Long, Entry> handed = new TreeMap<>();
    private long nextSequence = 1;
    private boolean connected;
    private boolean openedBefore;

    /** Numbers of QoS 2 publishes by Packet Identifier, and those that were appended. */
    private final Map<Integer, Long> receipts = new HashMap<>();

    private final Set<Long> appendedNumbers = new HashSet<>();
    private long nextNumber = 1;

    /** How often each publish of the client was taken, by its payload. */
    final Map<String, Integer> taken = new HashMap<>();

    /** Messages that the session was sent, by payload, and what the client was done with. */
    final List<String> queued = new ArrayList<>();

    private final Deque<Consumer<Connection>> lane = new ArrayDeque<>();
    private final List<Consumer<Connection>> publishes = new ArrayList<>();
    private final List<Consumer<Connection>> hints = new ArrayList<>();
    private long nowMillis;

    ModelBroker(RandomGenerator random, boolean refuses) {
        this.random = random;
        this.refuses = refuses;
    }

    void now(long millis) {
        nowMillis = millis;
    }

    boolean isIdle() {
        return lane.isEmpty() && publishes.isEmpty() && hints.isEmpty();
    }

    int open() {
        return handed.size() + waiting.size();
    }

    // What the connection asks for.

    void publish(long token, Message message, int packetId, boolean persistent) {
        publishes.add(connection -> {
            boolean repeated = packetId > 0 && receipts.containsKey(packetId);
            boolean refused = refuses && !repeated && random.nextInt(10) == 0;
            if (!refused) {
                take(message, packetId, persistent);
            }
            connection.published(token, refused ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.SUCCESS, nowMillis);
        });
    }

    private void take(Message message, int packetId, boolean persistent) {
        boolean recorded = persistent && message.qos() == QoS.EXACTLY_ONCE;
        assertThat(packetId > 0).as("packet id of a QoS 2 publish to record").isEqualTo(recorded);
        if (recorded) {
            long number = receipts.computeIfAbsent(packetId, id -> nextNumber++);
            if (!appendedNumbers.add(number)) {
                return;
            }
        }
        taken.merge(new String(message.payload()), 1, Integer::sum);
    }

    void release(int packetId) {
        lane.add(connection -> connection.released(packetId, receipts.remove(packetId) != null, nowMillis));
    }

    void acknowledged(long sequence) {
        lane.add(connection -> {
            assertThat(handed.remove(sequence))
                    .as("sequence %d, done twice?", sequence)
                    .isNotNull();
            connection.handed(handOut(), nowMillis);
        });
    }

    void received(long sequence, ModelClient client) {
        lane.add(connection -> {
            handed.get(sequence).received = true;
            client.recorded(sequence);
            connection.receivedRecorded(sequence, nowMillis);
        });
    }

    void fetch(long fromSequence) {
        lane.add(connection -> connection.handed(entries(fromSequence), nowMillis));
    }

    // What happens by itself.

    /** A message is published to the session. */
    void append(int qos, String payload) {
        Entry entry = new Entry(message(qos, payload));
        queued.add(payload);
        waiting.add(entry);
        if (connected && waiting.size() == 1 && handed.size() < HANDED_MAX) {
            for (QueueEntry hint : handOut()) {
                hint(hint);
                if (random.nextInt(8) == 0) {
                    hint(hint);
                }
            }
        }
    }

    static Message message(int qos, String payload) {
        return new Message("t", payload.getBytes(), QoS.of(qos), false, Properties.EMPTY, 0, Message.NEVER);
    }

    private void hint(QueueEntry entry) {
        if (random.nextInt(5) > 0) {
            hints.add(connection -> connection.hinted(
                    entry.sequence(),
                    entry.message(),
                    entry.qos(),
                    entry.retain(),
                    entry.subscriptionIds(),
                    nowMillis));
        }
    }

    private List<QueueEntry> handOut() {
        List<QueueEntry> out = new ArrayList<>();
        while (connected && handed.size() < HANDED_MAX && !waiting.isEmpty()) {
            Entry entry = waiting.remove();
            handed.put(nextSequence, entry);
            out.add(queueEntry(nextSequence++, entry));
        }
        return out;
    }

    private List<QueueEntry> entries(long fromSequence) {
        List<QueueEntry> out = new ArrayList<>();
        handed.tailMap(fromSequence).forEach((sequence, entry) -> out.add(queueEntry(sequence, entry)));
        return out;
    }

    private static QueueEntry queueEntry(long sequence, Entry entry) {
        return new QueueEntry(
                sequence,
                entry.message,
                entry.message.qos(),
                false,
                TestClient.NO_IDS,
                entry.received ? QueueEntry.State.RECEIVED : QueueEntry.State.HANDED,
                entry.dup);
    }

    /** Something that is under way arrives. */
    void step(Connection connection) {
        switch (random.nextInt(3)) {
            case 0 -> {
                if (!lane.isEmpty()) {
                    lane.remove().accept(connection);
                }
            }
            case 1 -> removeAny(publishes).accept(connection);
            default -> removeAny(hints).accept(connection);
        }
    }

    private Consumer<Connection> removeAny(List<Consumer<Connection>> from) {
        return from.isEmpty() ? connection -> {} : from.remove(random.nextInt(from.size()));
    }

    Result.Opened open(boolean cleanStart) {
        boolean present = !cleanStart && openedBefore;
        openedBefore = true;
        connected = true;
        handOut();
        List<Result.Receipt> received = new ArrayList<>();
        receipts.forEach((packetId, number) -> received.add(new Result.Receipt(packetId, number)));
        return new Result.Opened(1, 1, present, List.of(), entries(0), nextSequence, received, List.<Subscription>of());
    }

    /**
     * The connection is over. Publishes under way are still taken or not, nobody hears of it.
     *
     * @param crash the node died: what waited in the lane is lost, and nobody knows what was sent
     */
    void ended(Connection connection, long lastSent, boolean crash) {
        hints.clear();
        for (Iterator<Consumer<Connection>> i = publishes.iterator(); i.hasNext(); i.remove()) {
            Consumer<Connection> publish = i.next();
            if (!crash || random.nextBoolean()) {
                publish.accept(connection);
            }
        }
        while (!crash && !lane.isEmpty()) {
            lane.remove().accept(connection);
        }
        lane.clear();
        connected = false;
        while (!crash && nextSequence - 1 > lastSent) {
            Entry last = handed.remove(nextSequence - 1);
            if (last == null) {
                break;
            }
            assertThat(last.received).isFalse();
            nextSequence--;
            waiting.addFirst(last);
        }
        handed.values().forEach(entry -> entry.dup = true);
    }
}
