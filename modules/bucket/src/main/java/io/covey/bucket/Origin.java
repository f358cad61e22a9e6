package io.covey.bucket;

/**
 * Who numbered a publish, so that a target recognises a repeat that comes by another way than the same batch again.
 *
 * @param source a client id with a persistent session (prefix {@code c:}) or an outbox (prefix {@code o:})
 * @param incarnation the session's incarnation; numbers of different incarnations have nothing to do with each other
 * @param number this publish's number, from 1
 * @param floor the lowest number that is not released: every lower one is known to be finished
 */
public record Origin(String source, long incarnation, long number, long floor) {
    /** The origin of a QoS 2 publish of a persistent session. */
    public static Origin ofClient(String clientId, long incarnation, long number, long floor) {
        return new Origin("c:" + clientId, incarnation, number, floor);
    }

    /** The origin of an outbox entry of a partition. */
    public static Origin ofOutbox(int partition, OutboxEntry entry) {
        return new Origin("o:" + partition, 0, entry.number(), entry.lowest());
    }
}
