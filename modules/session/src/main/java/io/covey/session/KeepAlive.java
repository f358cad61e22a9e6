package io.covey.session;

/** The time by which a client must have been heard of: CONNECT within its time-out, then a packet in 1.5 times the Keep Alive. */
final class KeepAlive {
    /** The deadline while none runs. */
    static final long NONE = Long.MAX_VALUE;

    private static final long MILLIS_PER_SECOND = 1000;

    private long limitMillis;
    private long heardMillis;

    /** Waits for CONNECT. */
    KeepAlive(int connectTimeoutSeconds, long nowMillis) {
        await(connectTimeoutSeconds, nowMillis);
    }

    /** Waits for CONNECT, or for the client's next AUTH before CONNACK. */
    void await(int timeoutSeconds, long nowMillis) {
        limitMillis = timeoutSeconds * MILLIS_PER_SECOND;
        heardMillis = nowMillis;
    }

    /** No limit while the broker authenticates the client or opens the session. */
    void suspend() {
        limitMillis = 0;
    }

    /** From CONNACK on: 1.5 times the Keep Alive, none for 0 [MQTT-3.1.2-22]. */
    void start(int keepAliveSeconds, long nowMillis) {
        limitMillis = keepAliveSeconds * MILLIS_PER_SECOND * 3 / 2;
        heardMillis = nowMillis;
    }

    /** A packet came. */
    void heard(long nowMillis) {
        heardMillis = nowMillis;
    }

    /** When the client will have been silent for too long, or {@link #NONE}. */
    long deadlineMillis() {
        return limitMillis == 0 ? NONE : heardMillis + limitMillis;
    }
}
