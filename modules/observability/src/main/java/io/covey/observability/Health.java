package io.covey.observability;

import io.covey.broker.ShardLoop;
import java.util.List;

/** What the health endpoints ask; called on the management loop, must not block. */
public interface Health {
    /**
     * What must be so for clients to be served.
     *
     * @param name a short name that does not change
     * @param detail what is so at the moment, for the operator
     */
    record Condition(String name, boolean met, String detail) {}

    /** Every condition of readiness, met or not. */
    List<Condition> conditions();

    /** Whether the node has served clients since its process started. */
    boolean hasStarted();

    /** The event loops that serve clients; empty before they run. */
    List<ShardLoop> loops();
}
