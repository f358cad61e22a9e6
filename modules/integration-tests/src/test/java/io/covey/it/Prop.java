package io.covey.it;

import static io.covey.it.Bytes.data;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.u16;
import static io.covey.it.Bytes.u32;
import static io.covey.it.Bytes.varint;

import java.util.LinkedHashMap;
import java.util.Map;

/** The properties of MQTT 5 as bytes: identifier and value. */
final class Prop {
    static final int PAYLOAD_FORMAT = 0x01;
    static final int MESSAGE_EXPIRY = 0x02;
    static final int CONTENT_TYPE = 0x03;
    static final int RESPONSE_TOPIC = 0x08;
    static final int CORRELATION_DATA = 0x09;
    static final int SUBSCRIPTION_ID = 0x0B;
    static final int SESSION_EXPIRY = 0x11;
    static final int ASSIGNED_CLIENT_ID = 0x12;
    static final int SERVER_KEEP_ALIVE = 0x13;
    static final int AUTH_METHOD = 0x15;
    static final int AUTH_DATA = 0x16;
    static final int REQUEST_PROBLEM = 0x17;
    static final int WILL_DELAY = 0x18;
    static final int REQUEST_RESPONSE = 0x19;
    static final int RESPONSE_INFORMATION = 0x1A;
    static final int SERVER_REFERENCE = 0x1C;
    static final int REASON_STRING = 0x1F;
    static final int RECEIVE_MAXIMUM = 0x21;
    static final int TOPIC_ALIAS_MAXIMUM = 0x22;
    static final int TOPIC_ALIAS = 0x23;
    static final int MAXIMUM_QOS = 0x24;
    static final int RETAIN_AVAILABLE = 0x25;
    static final int USER_PROPERTY = 0x26;
    static final int MAXIMUM_PACKET_SIZE = 0x27;
    static final int WILDCARD_AVAILABLE = 0x28;
    static final int SUBSCRIPTION_IDS_AVAILABLE = 0x29;
    static final int SHARED_AVAILABLE = 0x2A;

    private Prop() {}

    /** Property Length and the properties. */
    static byte[] section(byte[]... properties) {
        byte[] all = join(properties);
        return join(varint(all.length), all);
    }

    static byte[] u8(int id, int value) {
        return of(id, value);
    }

    static byte[] payloadFormat(int value) {
        return of(PAYLOAD_FORMAT, value);
    }

    static byte[] messageExpiry(long seconds) {
        return join(of(MESSAGE_EXPIRY), u32(seconds));
    }

    static byte[] contentType(String type) {
        return join(of(CONTENT_TYPE), text(type));
    }

    static byte[] responseTopic(String topic) {
        return join(of(RESPONSE_TOPIC), text(topic));
    }

    static byte[] correlationData(int... bytes) {
        return join(of(CORRELATION_DATA), data(of(bytes)));
    }

    static byte[] subscriptionId(int id) {
        return join(of(SUBSCRIPTION_ID), varint(id));
    }

    static byte[] sessionExpiry(long seconds) {
        return join(of(SESSION_EXPIRY), u32(seconds));
    }

    static byte[] authMethod(String method) {
        return join(of(AUTH_METHOD), text(method));
    }

    static byte[] authData(int... bytes) {
        return join(of(AUTH_DATA), data(of(bytes)));
    }

    static byte[] willDelay(long seconds) {
        return join(of(WILL_DELAY), u32(seconds));
    }

    static byte[] reasonString(String reason) {
        return join(of(REASON_STRING), text(reason));
    }

    static byte[] receiveMaximum(int maximum) {
        return join(of(RECEIVE_MAXIMUM), u16(maximum));
    }

    static byte[] topicAliasMaximum(int maximum) {
        return join(of(TOPIC_ALIAS_MAXIMUM), u16(maximum));
    }

    static byte[] topicAlias(int alias) {
        return join(of(TOPIC_ALIAS), u16(alias));
    }

    static byte[] user(String name, String value) {
        return join(of(USER_PROPERTY), text(name), text(value));
    }

    static byte[] maximumPacketSize(long bytes) {
        return join(of(MAXIMUM_PACKET_SIZE), u32(bytes));
    }

    /** One well-formed example of every property that the standard defines, by identifier. */
    static Map<Integer, byte[]> examples() {
        Map<Integer, byte[]> examples = new LinkedHashMap<>();
        examples.put(PAYLOAD_FORMAT, payloadFormat(0));
        examples.put(MESSAGE_EXPIRY, messageExpiry(60));
        examples.put(CONTENT_TYPE, contentType("t"));
        examples.put(RESPONSE_TOPIC, responseTopic("r"));
        examples.put(CORRELATION_DATA, correlationData(1));
        examples.put(SUBSCRIPTION_ID, subscriptionId(1));
        examples.put(SESSION_EXPIRY, sessionExpiry(0));
        examples.put(ASSIGNED_CLIENT_ID, join(of(ASSIGNED_CLIENT_ID), text("c")));
        examples.put(SERVER_KEEP_ALIVE, join(of(SERVER_KEEP_ALIVE), u16(60)));
        examples.put(AUTH_METHOD, authMethod("no-such-method"));
        examples.put(AUTH_DATA, authData(1));
        examples.put(REQUEST_PROBLEM, u8(REQUEST_PROBLEM, 1));
        examples.put(WILL_DELAY, willDelay(0));
        examples.put(REQUEST_RESPONSE, u8(REQUEST_RESPONSE, 0));
        examples.put(RESPONSE_INFORMATION, join(of(RESPONSE_INFORMATION), text("i")));
        examples.put(SERVER_REFERENCE, join(of(SERVER_REFERENCE), text("s")));
        examples.put(REASON_STRING, reasonString("r"));
        examples.put(RECEIVE_MAXIMUM, receiveMaximum(10));
        examples.put(TOPIC_ALIAS_MAXIMUM, topicAliasMaximum(0));
        examples.put(TOPIC_ALIAS, topicAlias(1));
        examples.put(MAXIMUM_QOS, u8(MAXIMUM_QOS, 1));
        examples.put(RETAIN_AVAILABLE, u8(RETAIN_AVAILABLE, 1));
        examples.put(USER_PROPERTY, user("n", "v"));
        examples.put(MAXIMUM_PACKET_SIZE, maximumPacketSize(100_000));
        examples.put(WILDCARD_AVAILABLE, u8(WILDCARD_AVAILABLE, 1));
        examples.put(SUBSCRIPTION_IDS_AVAILABLE, u8(SUBSCRIPTION_IDS_AVAILABLE, 1));
        examples.put(SHARED_AVAILABLE, u8(SHARED_AVAILABLE, 1));
        return examples;
    }
}
