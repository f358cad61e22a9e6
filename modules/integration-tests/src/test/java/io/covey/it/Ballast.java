package io.covey.it;

import java.io.IOException;

/** Retained messages that make buckets large, so that it takes its time to move them. */
final class Ballast {
    private static final int PAYLOAD_BYTES = 256 << 10;
    private static final String PAYLOAD = "b".repeat(PAYLOAD_BYTES);

    private final int messages;

    private Ballast(int messages) {
        this.messages = messages;
    }

    /** Publishes so much in all, at least. */
    static Ballast publish(Probe probe, int mebibytes) throws IOException {
        Ballast ballast = new Ballast((mebibytes << 20) / PAYLOAD_BYTES);
        Wire writer = probe.client("ballast");
        for (int i = 0; i < ballast.messages; i++) {
            writer.retain(topic(i), PAYLOAD, 1);
        }
        writer.disconnect();
        return ballast;
    }

    /** All of it is there, whole. */
    void isThere(Probe probe) throws IOException {
        Wire reader = probe.client("reader");
        for (int i = 0; i < messages; i++) {
            // One after the other: all at once would be more than is kept for one client that reads.
            reader.subscribe(topic(i), 1).receive(topic(i), PAYLOAD, 1);
        }
    }

    private static String topic(int number) {
        return "ballast/" + number;
    }
}
