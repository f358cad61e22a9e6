package io.covey.wire;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides which connections a node takes, over all its listeners, and how much may wait for those that do not read. What it does not take is
 * closed before a byte is read, since nothing can be said to a client before its CONNECT. Called on all loops.
 */
public final class ConnectionGate {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final Limits limits;
    private final Observer observer;
    private final LongSupplier nanos;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger halfOpen = new AtomicInteger();
    private final AtomicLong outputBytes = new AtomicLong();
    private final Map<VertxShardLoop, SlowReaders> slowReaders = new ConcurrentHashMap<>();

    /** When the connections taken so far would all have come at the highest rate. */
    private final AtomicLong paidUntilNanos;

    /** Why a connection was closed as it was accepted. A closed set: the label of a metric. */
    public enum Refusal {
        /** The node has as many as it may have. */
        CONNECTIONS,
        /** The listener has as many as it may have. */
        LISTENER_CONNECTIONS,
        /** More come in a second than may. */
        RATE,
        /** Too many others have not sent their CONNECT yet. */
        HALF_OPEN
    }

    /**
     * The operator's limits.
     *
     * @param connectionsMax connections of the node
     * @param perSecondMax new connections in a second, all of which may come at its beginning
     * @param halfOpenMax connections whose CONNECT has not come; with TLS they count from the end of its handshake
     * @param outputBytesMax bytes that wait for clients that do not take them; beyond, those that have waited longest are closed
     * @param sendTimeoutSeconds a client that takes none of the bytes that wait for it is closed after this time
     */
    public record Limits(
            int connectionsMax, int perSecondMax, int halfOpenMax, long outputBytesMax, int sendTimeoutSeconds) {
        /** None. */
        public static final Limits NONE =
                new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE);

        public Limits {
            if (connectionsMax < 1
                    || perSecondMax < 1
                    || halfOpenMax < 1
                    || outputBytesMax < 1
                    || sendTimeoutSeconds < 1) {
                throw new IllegalArgumentException("a limit is too small: " + connectionsMax + ", " + perSecondMax
                        + ", " + halfOpenMax + ", " + outputBytesMax + ", " + sendTimeoutSeconds);
            }
        }
    }

    /** Why a client that does not read was closed. A closed set: the label of a metric. */
    public enum Slowness {
        /** It took nothing for too long. */
        TIMEOUT,
        /** Too much waits for all such clients together, and it has waited longest. */
        MEMORY
    }

    /** Hears of every connection that is not taken, or closed for its slowness; called on any loop. */
    public interface Observer {
        /** A connection was closed as it was accepted. */
        void refused(String listener, Refusal reason);

        /** A client that does not read was closed. */
        void closed(String listener, Slowness reason);
    }

    public ConnectionGate(Limits limits, Observer observer) {
        this(limits, observer, System::nanoTime);
    }

    ConnectionGate(Limits limits, Observer observer, LongSupplier nanos) {
        this.limits = limits;
        this.observer = observer;
        this.nanos = nanos;
        this.paidUntilNanos = new AtomicLong(nanos.getAsLong());
    }

    /** One that takes everything. */
    static ConnectionGate open() {
        return new ConnectionGate(Limits.NONE, new Observer() {
            @Override
            public void refused(String listener, Refusal reason) {}

            @Override
            public void closed(String listener, Slowness reason) {}
        });
    }

    /** Takes a connection, which is half open from now on; or tells why not, and the observer too. */
    @Nullable
    Refusal enter(String listener) {
        Refusal refusal = refusal();
        if (refusal != null) {
            refused(listener, refusal);
        }
        return refusal;
    }

    private @Nullable Refusal refusal() {
        if (connections.incrementAndGet() > limits.connectionsMax) {
            connections.decrementAndGet();
            return Refusal.CONNECTIONS;
        }
        if (halfOpen.incrementAndGet() > limits.halfOpenMax) {
            left(true);
            return Refusal.HALF_OPEN;
        }
        if (!isWithinRate()) {
            left(true);
            return Refusal.RATE;
        }
        return null;
    }

    private boolean isWithinRate() {
        if (limits.perSecondMax == Integer.MAX_VALUE) {
            return true;
        }
        long price = NANOS_PER_SECOND / limits.perSecondMax;
        long now = nanos.getAsLong();
        while (true) {
            long paid = paidUntilNanos.get();
            long from = paid - now > 0 ? paid : now;
            if (from + price - now > NANOS_PER_SECOND) {
                return false;
            }
            if (paidUntilNanos.compareAndSet(paid, from + price)) {
                return true;
            }
        }
    }

    /** A connection is not taken for a reason outside of the gate. */
    void refused(String listener, Refusal reason) {
        observer.refused(listener, reason);
    }

    /** The CONNECT of a connection has come. */
    void connectCame() {
        halfOpen.decrementAndGet();
    }

    /**
     * A connection that was taken is closed.
     *
     * @param wasHalfOpen whether its CONNECT had not come
     */
    void left(boolean wasHalfOpen) {
        connections.decrementAndGet();
        if (wasHalfOpen) {
            halfOpen.decrementAndGet();
        }
    }

    /** The slow readers of a loop. */
    SlowReaders slowReaders(VertxShardLoop loop) {
        return slowReaders.computeIfAbsent(loop, each -> new SlowReaders(each, this));
    }

    long nanos() {
        return nanos.getAsLong();
    }

    long sendTimeoutNanos() {
        return limits.sendTimeoutSeconds * NANOS_PER_SECOND;
    }

    /** Bytes wait for a client, or do no longer where negative. */
    void addOutput(long bytes) {
        if (bytes != 0) {
            outputBytes.addAndGet(bytes);
        }
    }

    boolean isOutputAboveMax() {
        return outputBytes.get() > limits.outputBytesMax;
    }

    /** A client that does not read is closed. */
    void closed(String listener, Slowness reason) {
        observer.closed(listener, reason);
    }

    /** Bytes that wait for clients that did not take them at once. */
    public long outputBytes() {
        return outputBytes.get();
    }

    /** How many connections are open, those without CONNECT included. */
    public int connections() {
        return connections.get();
    }

    /** How many connections have not sent CONNECT. */
    public int halfOpen() {
        return halfOpen.get();
    }
}
