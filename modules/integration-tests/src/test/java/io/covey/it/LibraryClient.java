package io.covey.it;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A client of one of the published libraries, behind the few words that the stories need. It connects again by itself. */
abstract class LibraryClient implements Closeable {
    /** How long a library's answer may take. */
    static final long PATIENCE_MILLIS = 30_000;

    /**
     * What a client is made of.
     *
     * @param sessionExpirySeconds MQTT 5 only; null leaves it out
     * @param willTopic null for no will
     */
    record Setup(
            int port, String clientId, boolean clean, @Nullable Long sessionExpirySeconds, @Nullable String willTopic) {
        static Setup clean(int port, String clientId) {
            return new Setup(port, clientId, true, null, null);
        }

        static Setup persistent(int port, String clientId) {
            return new Setup(port, clientId, false, 600L, null);
        }

        Setup withWill(String topic) {
            return new Setup(port, clientId, clean, sessionExpirySeconds, topic);
        }

        String uri() {
            return "tcp://127.0.0.1:" + port;
        }
    }

    /** A message as the library hands it on. */
    record Arrived(String topic, String payload, int qos, boolean retained) {}

    static final String WILL = "the will";

    private final BlockingQueue<Arrived> messages = new LinkedBlockingQueue<>();

    /** Connects for the first time. */
    abstract void connect() throws Exception;

    /** Subscribes and waits for SUBACK. */
    abstract void subscribe(String filter, int qos) throws Exception;

    /** Publishes and waits until the library says that it is done. */
    abstract void publish(String topic, String payload, int qos, boolean retained) throws Exception;

    /** Says DISCONNECT. */
    abstract void disconnect() throws Exception;

    /** Ends without a word; does nothing where the client has ended already. */
    @Override
    public abstract void close() throws IOException;

    final void arrived(String topic, String payload, int qos, boolean retained) {
        messages.add(new Arrived(topic, payload, qos, retained));
    }

    /** What has arrived and has not been taken. */
    final BlockingQueue<Arrived> messages() {
        return messages;
    }
}
