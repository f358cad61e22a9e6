package io.covey.it;

import io.covey.it.LibraryClient.Setup;

/** The published client libraries with which the stories must work. */
enum Library {
    PAHO_V3(Mqtt.V311, PahoV3Client::new),
    PAHO_V5(Mqtt.V5, PahoV5Client::new),
    HIVEMQ_V3(Mqtt.V311, HiveMqV3Client::new),
    HIVEMQ_V5(Mqtt.V5, HiveMqV5Client::new),
    MQTTJS_V31(Mqtt.V31, setup -> new MqttJsClient(Mqtt.V31, setup)),
    MQTTJS_V311(Mqtt.V311, setup -> new MqttJsClient(Mqtt.V311, setup)),
    MQTTJS_V5(Mqtt.V5, setup -> new MqttJsClient(Mqtt.V5, setup));

    /** Makes a client that is not connected yet. */
    private interface Maker {
        LibraryClient make(Setup setup) throws Exception;
    }

    final Mqtt mqtt;
    private final Maker maker;

    Library(Mqtt mqtt, Maker maker) {
        this.mqtt = mqtt;
        this.maker = maker;
    }

    LibraryClient client(Setup setup) throws Exception {
        return maker.make(setup);
    }

    /** A connected client. */
    LibraryClient connected(Setup setup) throws Exception {
        LibraryClient client = maker.make(setup);
        client.connect();
        return client;
    }
}
