package io.covey.broker;

/** What the core asks of the process around it. */
public interface NodeLifecycle {
    /** The node serves clients now: listeners may open. */
    void serving();

    /**
     * This incarnation is over: the lease was lost or a bucket forgot it. Everything of it is dropped, and the node joins again as a new
     * incarnation.
     */
    void restart(String reason);
}
