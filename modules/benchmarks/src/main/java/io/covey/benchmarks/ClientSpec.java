package io.covey.benchmarks;

import org.jspecify.annotations.Nullable;

/**
 * How a client presents itself.
 *
 * @param clean Clean Session or Clean Start
 * @param kept whether the session is to outlive the connection
 * @param filter what it subscribes to once connected, or null
 * @param version 4 for MQTT 3.1.1, 5 for 5.0
 */
record ClientSpec(String clientId, boolean clean, boolean kept, @Nullable String filter, int qos, int version) {

    static ClientSpec publisher(String clientId, int version) {
        return new ClientSpec(clientId, true, false, null, 0, version);
    }

    /** A CONNECT whose only purpose is to end the session of that name. */
    ClientSpec eraser() {
        return new ClientSpec(clientId, true, false, null, 0, version);
    }

    /** A later CONNECT to the same session, which has its subscription already. */
    ClientSpec returning() {
        return new ClientSpec(clientId, false, kept, null, qos, version);
    }
}
