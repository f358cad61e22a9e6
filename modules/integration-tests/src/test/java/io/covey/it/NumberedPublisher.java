package io.covey.it;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Publishes messages with ascending numbers at a steady rate, repeats what was not acknowledged after each loss of its connection, and notes what was. */
final class NumberedPublisher extends RoamingClient {
    static final int WINDOW = 50;
    private static final long PAUSE_MILLIS = 4;
    private static final int IDS = 65_535;
    private static final int ERROR = 0x80;

    /** A message on its way. */
    private static final class Sent {
        final int number;
        boolean received;

        Sent(int number) {
            this.number = number;
        }
    }

    final int qos;
    private final Thread pacing;
    private final Map<Integer, Sent> unacknowledged = new LinkedHashMap<>();
    private final BitSet acknowledged = new BitSet();
    private int acknowledgedCount;
    /** What {@link #acknowledgedCount} was when the first connection since {@link #mark} began; negative before. */
    private int acknowledgedBefore;

    private int refused;
    private int number;
    private long lastAcknowledgedNanos;
    private long longestGapNanos;
    private @Nullable Instant longestGapEnd;
    private volatile boolean publishing = true;
    private volatile boolean resting;
    private @Nullable Wire open;

    NumberedPublisher(String clientId, Mqtt mqtt, int qos, List<Integer> ports) {
        super(clientId, mqtt, ports);
        this.qos = qos;
        pacing = new Thread(this::pace, clientId + " paces");
        pacing.setDaemon(true);
    }

    @Override
    void begin() throws InterruptedException {
        super.begin();
        mark();
        pacing.start();
    }

    private void pace() {
        while (publishing) {
            try {
                publishNext();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void publishNext() {
        if (!resting && open != null && unacknowledged.size() < WINDOW) {
            int mine = ++number;
            int id = 1 + (mine - 1) % IDS;
            Sent sent = new Sent(mine);
            unacknowledged.put(id, sent);
            sendTo(open, bytes(open, id, sent, false));
        }
    }

    private void sendTo(Wire connection, byte[] bytes) {
        try {
            send(connection, bytes);
        } catch (IOException ended) {
            // It is sent again by the next connection.
        }
    }

    private byte[] bytes(Wire connection, int id, Sent sent, boolean again) {
        if (sent.received) {
            return connection.make.acknowledge(Packet.PUBREL, id);
        }
        String payload = clientId + " " + sent.number;
        return again
                ? connection.make.duplicate(topic(), payload, qos, id)
                : connection.make.publish(topic(), payload, qos, id);
    }

    private String topic() {
        return NumberedTraffic.TOPICS + "/" + clientId;
    }

    // [MQTT-4.4.0-1] What was not acknowledged comes first, in its order.
    @Override
    synchronized void connected(Wire connection, boolean sessionPresent) {
        unacknowledged.forEach((id, sent) -> sendTo(connection, bytes(connection, id, sent, true)));
        if (acknowledgedBefore < 0) {
            acknowledgedBefore = acknowledgedCount;
        }
        open = connection;
        hasBegun();
    }

    @Override
    synchronized void disconnected() {
        open = null;
    }

    @Override
    synchronized void received(Wire connection, Packet packet) throws IOException {
        Sent sent = unacknowledged.get(packet.id());
        switch (packet.type()) {
            case Packet.PUBACK, Packet.PUBREC -> {
                if (sent == null) {
                    fault("acknowledges what was not sent: " + packet);
                } else if (packet.code() >= ERROR) {
                    refused++;
                    unacknowledged.remove(packet.id());
                } else {
                    acknowledged(sent);
                    goOn(connection, packet, sent);
                }
            }
            case Packet.PUBCOMP -> unacknowledged.remove(packet.id());
            default -> {}
        }
    }

    private void goOn(Wire connection, Packet packet, Sent sent) throws IOException {
        if (packet.type() == Packet.PUBACK) {
            unacknowledged.remove(packet.id());
        } else {
            sent.received = true;
            send(connection, connection.make.acknowledge(Packet.PUBREL, packet.id()));
        }
    }

    private void acknowledged(Sent sent) {
        long now = System.nanoTime();
        if (now - lastAcknowledgedNanos > longestGapNanos) {
            longestGapNanos = now - lastAcknowledgedNanos;
            longestGapEnd = Instant.now();
        }
        lastAcknowledgedNanos = now;
        if (!acknowledged.get(sent.number)) {
            acknowledged.set(sent.number);
            acknowledgedCount++;
        }
    }

    /** Forgets the longest gap so far, and takes note of what is acknowledged before the next connection. */
    synchronized void mark() {
        acknowledgedBefore = -1;
        lastAcknowledgedNanos = System.nanoTime();
        longestGapNanos = 0;
        longestGapEnd = null;
    }

    /** The longest time without an acknowledgement since {@link #mark}. */
    synchronized long longestGapMillis() {
        long running = publishing ? System.nanoTime() - lastAcknowledgedNanos : 0;
        return TimeUnit.NANOSECONDS.toMillis(Math.max(longestGapNanos, running));
    }

    /** When the longest gap that is over ended, to be looked up in the nodes' logs; null where there was none. */
    synchronized @Nullable Instant longestGapEnd() {
        return longestGapEnd;
    }

    synchronized int acknowledgedCount() {
        return acknowledgedCount;
    }

    /** How many had been acknowledged when the first connection since {@link #mark} began; negative when there was none. */
    synchronized int acknowledgedBeforeNextConnection() {
        return acknowledgedBefore;
    }

    /** How many were answered with a Reason Code that says no. */
    synchronized int refused() {
        return refused;
    }

    /** The numbers that were acknowledged, by PUBACK or PUBREC. */
    synchronized BitSet acknowledged() {
        return (BitSet) acknowledged.clone();
    }

    /** Publishes nothing new until {@link #resume}, and waits until all handshakes are over. */
    void rest() throws InterruptedException {
        resting = true;
        Waiting.until(clientId + " rests", () -> pending().isEmpty());
    }

    void resume() {
        resting = false;
    }

    /** Publishes nothing new. */
    void stopPublishing() throws InterruptedException {
        publishing = false;
        if (pacing.isAlive()) {
            pacing.join();
        }
    }

    /** The numbers whose handshakes are not over. */
    synchronized List<Integer> pending() {
        List<Integer> numbers = new ArrayList<>();
        unacknowledged.values().forEach(sent -> numbers.add(sent.number));
        return numbers;
    }

    @Override
    public void close() throws IOException {
        publishing = false;
        super.close();
    }
}
