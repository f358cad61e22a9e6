package io.covey.protocol;

/** One User Property: a name and a value, both UTF-8 strings; order and repetition are kept [MQTT-3.3.2-18]. */
public record UserProperty(String name, String value) {}
