package io.covey.observability;

import io.vertx.core.http.HttpConnection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * The connections to the management port, of which there are no more than {@link #COUNT_MAX}: where one more comes, the oldest is closed, so that
 * whoever opens many and keeps them does not lock out the probes, nor take the node's file descriptors. Owned by the management loop.
 */
final class ManagementConnections {
    static final int COUNT_MAX = 256;

    private final Set<HttpConnection> open = new LinkedHashSet<>();
    private final LongAdder closed;

    ManagementConnections(BrokerMetrics metrics) {
        closed = metrics.meters().counter(Metric.MANAGEMENT_CONNECTIONS_CLOSED, "connections");
    }

    void opened(HttpConnection connection) {
        if (open.size() >= COUNT_MAX) {
            HttpConnection oldest = open.iterator().next();
            open.remove(oldest);
            closed.increment();
            var unused = oldest.close();
        }
        open.add(connection);
        connection.closeHandler(gone -> open.remove(connection));
    }
}
