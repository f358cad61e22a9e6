package io.covey.session;

/**
 * Tells what becomes of a message of a Shared Subscription that a connection took without its bucket's help. Exactly one of the two is called,
 * once, unless the node loses its lease. Called on the shard's loop.
 */
public interface SharedReceipt {
    /** The client has completed it or refused it, or it was sent and nobody else may get it: it is done [MQTT-4.8.2-4..6]. */
    void completed();

    /** The client's session is over and has not completed it: another member may have it [MQTT 5.0, 4.8.2]. */
    void returned();
}
