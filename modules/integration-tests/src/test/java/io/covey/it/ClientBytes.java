package io.covey.it;

import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.u16;

/** The packets of a client other than CONNECT, in one version of MQTT. Properties are left out before MQTT 5. */
record ClientBytes(Mqtt mqtt) {
    static final byte[] PINGREQ = of(0xC0, 0);
    static final byte[] DISCONNECT = of(0xE0, 0);

    private byte[] section(byte[]... properties) {
        return mqtt.is5() ? Prop.section(properties) : of();
    }

    byte[] publish(String topic, String payload, int qos, int id, byte[]... properties) {
        return publish(qos << 1, text(topic), id, Bytes.utf8(payload), properties);
    }

    byte[] retained(String topic, String payload, int qos, int id, byte[]... properties) {
        return publish(1 | qos << 1, text(topic), id, Bytes.utf8(payload), properties);
    }

    byte[] duplicate(String topic, String payload, int qos, int id, byte[]... properties) {
        return publish(8 | qos << 1, text(topic), id, Bytes.utf8(payload), properties);
    }

    /** A PUBLISH whose topic is given with its length, and which has an identifier where its QoS wants one. */
    byte[] publish(int flags, byte[] topic, int id, byte[] payload, byte[]... properties) {
        byte[] identifier = (flags & 6) == 0 ? of() : u16(id);
        return packet(0x30 | flags, topic, identifier, section(properties), payload);
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP without a Reason Code. */
    byte[] acknowledge(int type, int id) {
        return packet(type << 4 | (type == Packet.PUBREL ? 2 : 0), u16(id));
    }

    /** The same with a Reason Code; MQTT 5. */
    byte[] acknowledge(int type, int id, int code, byte[]... properties) {
        byte[] tail = properties.length == 0 ? of(code) : join(of(code), section(properties));
        return packet(type << 4 | (type == Packet.PUBREL ? 2 : 0), u16(id), tail);
    }

    /** A SUBSCRIBE for one filter. */
    byte[] subscribe(int id, String filter, int options, byte[]... properties) {
        return subscribe(id, join(text(filter), of(options)), properties);
    }

    byte[] subscribe(int id, byte[] payload, byte[]... properties) {
        return packet(0x82, u16(id), section(properties), payload);
    }

    byte[] unsubscribe(int id, String... filters) {
        byte[] payload = {};
        for (String filter : filters) {
            payload = join(payload, text(filter));
        }
        return unsubscribe(id, payload);
    }

    byte[] unsubscribe(int id, byte[] payload, byte[]... properties) {
        return packet(0xA2, u16(id), section(properties), payload);
    }

    /** MQTT 5. */
    static byte[] disconnect(int code, byte[]... properties) {
        return properties.length == 0 ? packet(0xE0, of(code)) : packet(0xE0, of(code), Prop.section(properties));
    }

    /** MQTT 5. */
    static byte[] auth(int code, byte[]... properties) {
        return packet(0xF0, of(code), Prop.section(properties));
    }
}
