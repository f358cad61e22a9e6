package io.covey.it;

import static io.covey.it.Bytes.data;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.u16;
import static io.covey.it.Bytes.utf8;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A CONNECT in the making, also a wrong one: every field can be set to what it must not be. */
final class ConnectBytes {
    final Mqtt mqtt;
    final String clientId;
    private String protocolName;
    private int level;
    private int firstByte = 0x10;
    private boolean clean = true;
    private int flagsSet;
    private int flagsCleared;
    private int keepAliveSeconds = 60;
    private byte[] clientIdBytes;
    private final List<byte[]> properties = new ArrayList<>();
    private final List<byte[]> willProperties = new ArrayList<>();
    private byte @Nullable [] willTopic;
    private byte @Nullable [] willPayload;
    private int willFlags;
    private byte @Nullable [] userName;
    private byte @Nullable [] password;
    private byte[] surplus = {};
    long maximumPacketBytes = Long.MAX_VALUE;

    ConnectBytes(Mqtt mqtt, String clientId) {
        this.mqtt = mqtt;
        this.clientId = clientId;
        this.protocolName = mqtt.protocolName;
        this.level = mqtt.level;
        this.clientIdBytes = utf8(clientId);
    }

    ConnectBytes protocol(String name, int protocolLevel) {
        protocolName = name;
        level = protocolLevel;
        return this;
    }

    ConnectBytes firstByte(int value) {
        firstByte = value;
        return this;
    }

    /** Continues a session: Clean Start, Clean Session are 0. */
    ConnectBytes resume() {
        clean = false;
        return this;
    }

    /** A session that stays after the connection, in the words of each version. */
    ConnectBytes persistent() {
        return mqtt.is5() ? resume().with(Prop.sessionExpiry(600)) : resume();
    }

    ConnectBytes setFlags(int bits) {
        flagsSet |= bits;
        return this;
    }

    ConnectBytes clearFlags(int bits) {
        flagsCleared |= bits;
        return this;
    }

    ConnectBytes keepAlive(int seconds) {
        keepAliveSeconds = seconds;
        return this;
    }

    ConnectBytes clientIdBytes(byte[] bytes) {
        clientIdBytes = bytes;
        return this;
    }

    ConnectBytes with(byte[]... more) {
        properties.addAll(List.of(more));
        return this;
    }

    /** The largest packet that the client takes; the connection then checks it, too. */
    ConnectBytes maximumPacketSize(int bytes) {
        maximumPacketBytes = bytes;
        return with(Prop.maximumPacketSize(bytes));
    }

    ConnectBytes will(String topic, String payload, int qos, boolean retain, byte[]... more) {
        return will(utf8(topic), utf8(payload), qos, retain, more);
    }

    ConnectBytes will(byte[] topic, byte[] payload, int qos, boolean retain, byte[]... more) {
        willTopic = topic;
        willPayload = payload;
        willFlags = 0x04 | qos << 3 | (retain ? 0x20 : 0);
        willProperties.addAll(List.of(more));
        return this;
    }

    ConnectBytes userName(byte[] name) {
        userName = name;
        return this;
    }

    ConnectBytes password(byte[] secret) {
        password = secret;
        return this;
    }

    /** Bytes after the end of the payload that count into the Remaining Length. */
    ConnectBytes surplus(byte[] bytes) {
        surplus = bytes;
        return this;
    }

    /** What stands before the payload. */
    byte[] head() {
        int flags = willFlags
                | (clean ? 0x02 : 0)
                | (userName == null ? 0 : 0x80)
                | (password == null ? 0 : 0x40)
                | flagsSet;
        return join(
                text(protocolName),
                of(level, flags & ~flagsCleared),
                u16(keepAliveSeconds),
                mqtt.is5() ? Prop.section(properties.toArray(byte[][]::new)) : of());
    }

    byte[] payload() {
        byte[] payload = data(clientIdBytes);
        if (willTopic != null && willPayload != null) {
            byte[] section = mqtt.is5() ? Prop.section(willProperties.toArray(byte[][]::new)) : of();
            payload = join(payload, section, data(willTopic), data(willPayload));
        }
        payload = userName == null ? payload : join(payload, data(userName));
        return password == null ? payload : join(payload, data(password));
    }

    byte[] bytes() {
        return Bytes.packet(firstByte, head(), payload(), surplus);
    }
}
