package io.covey.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Notes which numbers of which publishers came, and whether they came in order and, at QoS 2, once. */
final class NumberedSubscriber extends RoamingClient {
    private static final int EXAMPLES_MAX = 20;

    /** What came of one publisher. */
    private static final class Received {
        final BitSet numbers = new BitSet();
        int highest;
    }

    private final int qos;
    private final Map<String, Received> byPublisher = new HashMap<>();
    /** Messages at QoS 2 that were received and not yet released, by Packet Identifier. */
    private final Map<Integer, String> unreleased = new HashMap<>();

    private final List<String> examples = new ArrayList<>();
    private boolean subscribed;
    private int again;
    private int reordered;
    private int twice;

    NumberedSubscriber(String clientId, Mqtt mqtt, int qos, List<Integer> ports) {
        super(clientId, mqtt, ports);
        this.qos = qos;
    }

    @Override
    synchronized void connected(Wire connection, boolean sessionPresent) throws IOException {
        if (!sessionPresent) {
            unreleased.clear();
            subscribed = false;
        }
        if (!subscribed) {
            send(connection, connection.make.subscribe(1, NumberedTraffic.TOPICS + "/#", qos));
        }
    }

    @Override
    synchronized void received(Wire connection, Packet packet) throws IOException {
        switch (packet.type()) {
            case Packet.SUBACK -> {
                subscribed = packet.code() == qos;
                hasBegun();
            }
            case Packet.PUBLISH -> message(connection, packet);
            case Packet.PUBREL -> {
                unreleased.remove(packet.id());
                send(connection, connection.make.acknowledge(Packet.PUBCOMP, packet.id()));
            }
            default -> {}
        }
    }

    private void message(Wire connection, Packet packet) throws IOException {
        if (packet.qos() == 2) {
            String before = unreleased.putIfAbsent(packet.id(), packet.text());
            if (before == null) {
                note(packet);
            } else if (!before.equals(packet.text()) || !packet.dup()) {
                fault("uses the identifier of '" + before + "', which is not released, for " + packet);
            }
            send(connection, connection.make.acknowledge(Packet.PUBREC, packet.id()));
        } else {
            note(packet);
            send(connection, connection.make.acknowledge(Packet.PUBACK, packet.id()));
        }
    }

    private void note(Packet packet) {
        String[] parts = packet.text().split(" ", 2);
        int number = Integer.parseInt(parts[1]);
        Received received = byPublisher.computeIfAbsent(parts[0], name -> new Received());
        if (received.numbers.get(number)) {
            if (packet.qos() == 2) {
                twice++;
                example("twice: ", packet, received);
            } else {
                again++;
            }
        } else {
            received.numbers.set(number);
            if (number < received.highest) {
                reordered++;
                example("out of order: ", packet, received);
            }
            received.highest = Math.max(received.highest, number);
        }
    }

    private void example(String what, Packet packet, Received received) {
        if (examples.size() < EXAMPLES_MAX) {
            examples.add(what + clientId + " at " + port() + " got " + packet.text() + " (id " + packet.id() + ", dup "
                    + packet.dup() + ") after " + received.highest);
        }
    }

    /** Of these numbers of a publisher those that did not come. */
    synchronized BitSet missing(String publisher, BitSet acknowledged) {
        BitSet missing = (BitSet) acknowledged.clone();
        Received received = byPublisher.get(publisher);
        if (received != null) {
            missing.andNot(received.numbers);
        }
        return missing;
    }

    /** Messages at QoS 1 that came more than once, as they may. */
    synchronized int again() {
        return again;
    }

    /** Messages at QoS 2 that came more than once. */
    synchronized int twice() {
        return twice;
    }

    /** Messages that came for the first time when a later one of the same publisher had come. */
    synchronized int reordered() {
        return reordered;
    }

    /** A few of the messages that came twice or out of order. */
    synchronized List<String> examples() {
        return List.copyOf(examples);
    }
}
