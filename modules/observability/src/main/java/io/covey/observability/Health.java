package io.covey.observability;

import java.util.List;

/** What the health endpoints ask; called on the management loop, must not block. */
public interface Health {
    /** Why clients are not served at the moment; empty when they are. */
    List<String> notReadyBecause();

    /** Whether the node has served clients since its process started. */
    boolean hasStarted();
}
