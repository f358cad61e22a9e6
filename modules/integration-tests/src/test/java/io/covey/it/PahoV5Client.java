package io.covey.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** Eclipse Paho's Java client for MQTT 5. */
final class PahoV5Client extends LibraryClient implements MqttCallback {
    private final MqttAsyncClient client;
    private final Setup setup;

    PahoV5Client(Setup setup) throws MqttException {
        this.setup = setup;
        client = new MqttAsyncClient(setup.uri(), setup.clientId(), new MemoryPersistence());
        client.setCallback(this);
    }

    @Override
    void connect() throws MqttException {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(setup.clean());
        options.setSessionExpiryInterval(setup.sessionExpirySeconds());
        options.setAutomaticReconnect(true);
        options.setAutomaticReconnectDelay(1, 1);
        if (setup.willTopic() != null) {
            options.setWill(setup.willTopic(), new MqttMessage(WILL.getBytes(StandardCharsets.UTF_8), 1, false, null));
        }
        client.connect(options).waitForCompletion(PATIENCE_MILLIS);
    }

    @Override
    void subscribe(String filter, int qos) throws MqttException {
        client.subscribe(filter, qos).waitForCompletion(PATIENCE_MILLIS);
    }

    @Override
    void publish(String topic, String payload, int qos, boolean retained) throws MqttException {
        client.publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, retained)
                .waitForCompletion(PATIENCE_MILLIS);
    }

    @Override
    void disconnect() throws MqttException {
        client.disconnect().waitForCompletion(PATIENCE_MILLIS);
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
        arrived(
                topic,
                new String(message.getPayload(), StandardCharsets.UTF_8),
                message.getQos(),
                message.isRetained());
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
        // It connects again by itself.
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
        // Whatever it costs shows in what arrives.
    }

    @Override
    public void deliveryComplete(IMqttToken token) {
        // Publishes wait for their own tokens.
    }

    @Override
    public void connectComplete(boolean reconnect, String uri) {
        // The tap has seen it.
    }

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {
        throw new AssertionError("AUTH that nobody asked for");
    }

    @Override
    public void close() throws IOException {
        try {
            if (client.isConnected()) {
                client.disconnectForcibly(0, 500, false);
            }
            client.close(true);
        } catch (MqttException e) {
            throw new IOException(e);
        }
    }
}
