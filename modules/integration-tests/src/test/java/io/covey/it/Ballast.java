package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Retained messages that make buckets large, so that it takes its time to move them. */
final class Ballast {
    private static final int PAYLOAD_BYTES = 256 << 10;
    private static final int AT_ONCE = 16;
    private static final int ERROR = 0x80;
    private static final String PAYLOAD = "b".repeat(PAYLOAD_BYTES);

    private final int messages;

    private Ballast(int messages) {
        this.messages = messages;
    }

    /** Publishes so much in all, at least. */
    static Ballast publish(Probe probe, int mebibytes) throws IOException {
        Ballast ballast = new Ballast((mebibytes << 20) / PAYLOAD_BYTES);
        Wire writer = probe.client("ballast");
        for (int first = 0; first < ballast.messages; first += AT_ONCE) {
            int end = Math.min(first + AT_ONCE, ballast.messages);
            for (int i = first; i < end; i++) {
                writer.send(writer.make.retained(topic(i), PAYLOAD, 1, writer.nextId()));
            }
            for (int i = first; i < end; i++) {
                assertThat(writer.answer(Packet.PUBACK).code()).as("PUBACK").isLessThan(ERROR);
            }
        }
        writer.disconnect();
        return ballast;
    }

    /** All of it is there, whole. */
    void isThere(Probe probe) throws IOException {
        List<Wire> readers = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            // One message for each at a time: all at once would be more than is kept for one client that reads.
            readers.add(probe.client("reader-" + i));
        }
        for (int first = 0; first < messages; first += AT_ONCE) {
            List<Wire> reading = readers.subList(0, Math.min(AT_ONCE, messages - first));
            for (int i = 0; i < reading.size(); i++) {
                Wire reader = reading.get(i);
                reader.send(reader.make.subscribe(reader.nextId(), topic(first + i), 1));
            }
            for (int i = 0; i < reading.size(); i++) {
                assertThat(reading.get(i).answer(Packet.SUBACK).codes()).containsExactly(1);
                reading.get(i).receive(topic(first + i), PAYLOAD, 1);
            }
        }
    }

    private static String topic(int number) {
        return "ballast/" + number;
    }
}
