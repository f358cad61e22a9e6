package io.covey.it;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** HiveMQ's Java client, MQTT 5. */
final class HiveMqV5Client extends LibraryClient {
    private final Mqtt5AsyncClient client;
    private final Setup setup;

    HiveMqV5Client(Setup setup) {
        this.setup = setup;
        client = Mqtt5Client.builder()
                .identifier(setup.clientId())
                .serverHost("127.0.0.1")
                .serverPort(setup.port())
                .automaticReconnect()
                .initialDelay(200, TimeUnit.MILLISECONDS)
                .maxDelay(1, TimeUnit.SECONDS)
                .applyAutomaticReconnect()
                .buildAsync();
        client.publishes(MqttGlobalPublishFilter.ALL, this::arrived);
    }

    private void arrived(Mqtt5Publish publish) {
        arrived(
                publish.getTopic().toString(),
                new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8),
                publish.getQos().getCode(),
                publish.isRetain());
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    void connect() throws Exception {
        Mqtt5ConnectBuilder connect = Mqtt5Connect.builder().cleanStart(setup.clean());
        if (setup.sessionExpirySeconds() != null) {
            connect.sessionExpiryInterval(setup.sessionExpirySeconds());
        }
        if (setup.willTopic() != null) {
            connect.willPublish(Mqtt5Publish.builder()
                    .topic(setup.willTopic())
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload(WILL.getBytes(StandardCharsets.UTF_8))
                    .build());
        }
        await(client.connect(connect.build()));
    }

    @Override
    void subscribe(String filter, int qos) throws Exception {
        await(client.subscribeWith()
                .topicFilter(filter)
                .qos(Objects.requireNonNull(MqttQos.fromCode(qos)))
                .send());
    }

    @Override
    void publish(String topic, String payload, int qos, boolean retained) throws Exception {
        await(client.publishWith()
                .topic(topic)
                .qos(Objects.requireNonNull(MqttQos.fromCode(qos)))
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .retain(retained)
                .send());
    }

    @Override
    void disconnect() throws Exception {
        await(client.disconnect());
    }

    @Override
    public void close() {
        if (client.getState().isConnectedOrReconnect()) {
            client.disconnect()
                    .exceptionally(notConnected -> null)
                    .orTimeout(10, TimeUnit.SECONDS)
                    .join();
        }
    }
}
