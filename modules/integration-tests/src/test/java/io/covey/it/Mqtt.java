package io.covey.it;

/** The versions of MQTT that the probe speaks. */
enum Mqtt {
    V31("3.1", "MQIsdp", 3),
    V311("3.1.1", "MQTT", 4),
    V5("5.0", "MQTT", 5);

    final String label;
    final String protocolName;
    final int level;

    Mqtt(String label, String protocolName, int level) {
        this.label = label;
        this.protocolName = protocolName;
        this.level = level;
    }

    boolean is5() {
        return this == V5;
    }
}
