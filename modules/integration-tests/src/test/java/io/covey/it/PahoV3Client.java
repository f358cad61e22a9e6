package io.covey.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;

/** Eclipse Paho's Java client for MQTT 3.1.1. */
final class PahoV3Client extends LibraryClient implements MqttCallback {
    private final MqttAsyncClient client;
    private final Setup setup;

    PahoV3Client(Setup setup) throws MqttException {
        this.setup = setup;
        client = new MqttAsyncClient(setup.uri(), setup.clientId(), new MemoryPersistence());
        client.setCallback(this);
    }

    @Override
    void connect() throws MqttException {
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        options.setCleanSession(setup.clean());
        options.setAutomaticReconnect(true);
        options.setMaxReconnectDelay(1000);
        options.setMaxInflight(1000);
        if (setup.willTopic() != null) {
            options.setWill(setup.willTopic(), WILL.getBytes(StandardCharsets.UTF_8), 1, false);
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
    public void connectionLost(Throwable cause) {
        // It connects again by itself.
    }

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {
        // Publishes wait for their own tokens.
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
