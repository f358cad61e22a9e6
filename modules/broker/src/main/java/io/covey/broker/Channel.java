package io.covey.broker;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The way of publishes from this shard to the transient sessions of another: numbered batches, kept and resent until the receiver has
 * acknowledged them or its node is gone. Owned by the shard's loop.
 *
 * <p>The window holds what is not acknowledged, and its bounds count messages and bytes. Half of it is open to QoS 0, which is dropped beyond
 * that; publishers at QoS 1 and 2 pause while it is full, until it has drained to a half.
 */
final class Channel implements Congestion {
    /** Messages that are not acknowledged. */
    static final int MESSAGES_MAX = 8_192;

    /** Bytes that are not acknowledged. */
    static final long BYTES_MAX = 8L << 20;

    /** Messages in one batch. */
    static final int BATCH_MESSAGES_MAX = 256;

    /** Bytes in one batch, unless a single message is larger. */
    static final int BATCH_BYTES_MAX = 256 << 10;

    /** What was not acknowledged after this time is sent again. */
    static final int RESEND_MILLIS = 200;

    /** Batches resent at a time, the oldest first. */
    static final int RESEND_BATCHES_MAX = 16;

    private final ShardAddress target;
    private final ShardAddress self;
    private final NodeLink link;

    private List<NodeMessage.Publishes.Item> open = new ArrayList<>();
    private int openBytes;
    private final Deque<Sent> unacknowledged = new ArrayDeque<>();
    private long sequence;
    private int messages;
    private long bytes;
    private final List<ShardConnection> paused = new ArrayList<>();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean closed;

    /** Someone who waits until batches up to a number have arrived. */
    private record Waiting(long sequence, Runnable arrived) {}

    private static final class Sent {
        private final NodeMessage.Publishes publishes;
        private final int bytes;
        private long sentMillis;

        private Sent(NodeMessage.Publishes publishes, int bytes, long sentMillis) {
            this.publishes = publishes;
            this.bytes = bytes;
            this.sentMillis = sentMillis;
        }
    }

    Channel(ShardAddress self, ShardAddress target, NodeLink link) {
        this.self = self;
        this.target = target;
        this.link = link;
    }

    ShardAddress target() {
        return target;
    }

    /**
     * Takes a publish; it leaves with the next {@link #flush}, or before where a batch is full.
     *
     * @return false when it was dropped for lack of room, which only QoS 0 is
     */
    boolean offer(NodeMessage.Publishes.Item item, long nowMillis) {
        Message message = item.message();
        if (closed) {
            return true; // its receivers are gone with their node
        }
        if (message.qos() == QoS.AT_MOST_ONCE && (messages >= MESSAGES_MAX / 2 || bytes >= BYTES_MAX / 2)) {
            return false;
        }
        int size = message.sizeBytes() + item.publisher().length();
        if (!open.isEmpty() && openBytes + size > BATCH_BYTES_MAX) {
            flush(nowMillis);
        }
        open.add(item);
        openBytes += size;
        messages++;
        bytes += size;
        if (open.size() == BATCH_MESSAGES_MAX) {
            flush(nowMillis);
        }
        return true;
    }

    /** Whether publishes of QoS 1 and 2 have to wait. */
    boolean isFull() {
        return messages >= MESSAGES_MAX || bytes >= BYTES_MAX;
    }

    /** Sends what was offered. */
    void flush(long nowMillis) {
        if (open.isEmpty()) {
            return;
        }
        NodeMessage.Publishes publishes = new NodeMessage.Publishes(self, ++sequence, open);
        unacknowledged.add(new Sent(publishes, openBytes, nowMillis));
        open = new ArrayList<>();
        openBytes = 0;
        link.send(target, publishes);
    }

    /** The receiver has everything up to this number; what was lost behind it follows at the pace of its answers. */
    void acknowledged(long upTo, long nowMillis) {
        boolean moved = false;
        while (!unacknowledged.isEmpty() && unacknowledged.getFirst().publishes.sequence() <= upTo) {
            Sent sent = unacknowledged.removeFirst();
            messages -= sent.publishes.items().size();
            bytes -= sent.bytes;
            moved = true;
        }
        if (moved) {
            resend(nowMillis);
        }
        while (!waiting.isEmpty() && waiting.getFirst().sequence <= upTo) {
            waiting.removeFirst().arrived.run();
        }
        if (messages <= MESSAGES_MAX / 2 && bytes <= BYTES_MAX / 2) {
            resumePaused();
        }
    }

    /** Runs once everything offered until now, which leaves at its time, has been received, or its receiver is gone. */
    void whenReceived(Runnable arrived) {
        if (open.isEmpty() && unacknowledged.isEmpty()) {
            arrived.run();
        } else {
            waiting.add(new Waiting(open.isEmpty() ? sequence : sequence + 1, arrived));
        }
    }

    /** Runs once everything offered until now has been received, or its receiver is gone. */
    void whenReceived(long nowMillis, Runnable arrived) {
        flush(nowMillis);
        if (unacknowledged.isEmpty()) {
            arrived.run();
        } else {
            waiting.add(new Waiting(sequence, arrived));
        }
    }

    /** Sends again what has waited for too long. */
    void resend(long nowMillis) {
        int budget = RESEND_BATCHES_MAX;
        for (Sent sent : unacknowledged) {
            if (nowMillis - sent.sentMillis < RESEND_MILLIS || budget-- == 0) {
                return; // those behind it were sent later
            }
            sent.sentMillis = nowMillis;
            link.send(target, sent.publishes);
        }
    }

    /** Whether everything is acknowledged. */
    boolean isIdle() {
        return messages == 0;
    }

    /** The receiver is gone: nothing is sent any more, and nobody waits. */
    void close() {
        closed = true;
        open = new ArrayList<>();
        openBytes = 0;
        unacknowledged.clear();
        messages = 0;
        bytes = 0;
        List<Waiting> released = List.copyOf(waiting);
        waiting.clear();
        released.forEach(each -> each.arrived.run());
        resumePaused();
    }

    @Override
    public void resumeLater(ShardConnection connection) {
        paused.add(connection);
    }

    private void resumePaused() {
        if (!paused.isEmpty()) {
            List<ShardConnection> resumed = List.copyOf(paused);
            paused.clear();
            resumed.forEach(ShardConnection::resume);
        }
    }
}
