package io.covey.it;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/**
 * Eclipse Paho's client for MQTT 3.1.1 with a persistent session, which moves on to the next node whenever it loses its connection.
 */
final class RoamingClient implements AutoCloseable, MqttCallback {
    /** Takes what arrives; in order, on Paho's thread. */
    interface Listener {
        void arrived(String topic, MqttMessage message);
    }

    private final MqttAsyncClient client;
    private final List<String> uris;
    private final Listener listener;
    private final ExecutorService reconnecting = Executors.newSingleThreadExecutor();
    private final AtomicInteger reconnects = new AtomicInteger();
    private final AtomicInteger sessionsLost = new AtomicInteger();
    private volatile boolean closed;
    private int next;

    RoamingClient(String clientId, List<String> uris, int maxInflight, Listener listener) throws MqttException {
        this.uris = uris;
        this.listener = listener;
        this.maxInflight = maxInflight;
        client = new MqttAsyncClient(uris.get(0), clientId, new MemoryPersistence());
        client.setCallback(this);
        connect(uris.get(0));
    }

    private final int maxInflight;

    private boolean connect(String uri) throws MqttException {
        MqttConnectOptions options = new MqttConnectOptions();
        options.setCleanSession(false);
        // Else a refused attempt is repeated as MQTT 3.1, whose CONNACK does not tell whether the session is there.
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setMaxInflight(maxInflight);
        options.setConnectionTimeout(5);
        options.setKeepAliveInterval(20);
        options.setServerURIs(new String[] {uri});
        IMqttToken token = client.connect(options);
        token.waitForCompletion(8000);
        return token.getSessionPresent();
    }

    void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos).waitForCompletion(10_000);
    }

    MqttAsyncClient client() {
        return client;
    }

    int reconnects() {
        return reconnects.get();
    }

    int sessionsLost() {
        return sessionsLost.get();
    }

    @Override
    public void connectionLost(Throwable cause) {
        reconnecting.execute(this::reconnect);
    }

    private void reconnect() {
        while (!closed) {
            next = (next + 1) % uris.size();
            try {
                boolean present = connect(uris.get(next));
                reconnects.incrementAndGet();
                if (!present) {
                    sessionsLost.incrementAndGet();
                }
                return;
            } catch (MqttException refused) {
                pause();
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        listener.arrived(topic, message);
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
        // Publishers watch the tokens of their publishes.
    }

    @Override
    public void close() throws MqttException {
        closed = true;
        reconnecting.shutdownNow();
        try {
            client.disconnectForcibly(0, 500, false);
        } finally {
            client.close(true);
        }
    }
}
