package io.covey.protocol;

import org.jspecify.annotations.Nullable;

/**
 * An Application Message on its way through the broker: immutable, shared by reference between queues, receivers and threads.
 *
 * <p>{@code properties} holds only what a broker forwards unaltered: Payload Format Indicator, Content Type, Response Topic, Correlation
 * Data and User Properties, in the publisher's order [MQTT-3.3.2-17..20]. Topic Alias and Subscription Identifiers belong to one
 * connection, and the expiry is held as a point in time.
 */
public final class Message {
    /** {@link #expiresAtMillis} of a message that never expires. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int[] NO_SUBSCRIPTION_IDS = {};

    private final String topic;
    private final byte[] payload;
    private final QoS qos;
    private final boolean retain;
    private final Properties properties;
    private final long publishedAtMillis;
    private final long expiresAtMillis;

    /** Encoded heads by variant; filled on first use. Racing threads store equal values, and arrays are published through final fields. */
    private final @Nullable PublishHead[] heads = new PublishHead[4];

    /**
     * @param topic a valid Topic Name
     * @param payload not copied, not to be modified
     * @param qos as published
     * @param retain the RETAIN flag as published
     * @param publishedAtMillis cluster time at which the broker received it
     * @param expiresAtMillis cluster time from which it is not sent any more, or {@link #NEVER}
     */
    public Message(
            String topic,
            byte[] payload,
            QoS qos,
            boolean retain,
            Properties properties,
            long publishedAtMillis,
            long expiresAtMillis) {
        this.topic = topic;
        this.payload = payload;
        this.qos = qos;
        this.retain = retain;
        this.properties = properties;
        this.publishedAtMillis = publishedAtMillis;
        this.expiresAtMillis = expiresAtMillis;
    }

    /** The Topic Name. */
    public String topic() {
        return topic;
    }

    /** The payload; not to be modified. */
    public byte[] payload() {
        return payload;
    }

    /** The level it was published at. */
    public QoS qos() {
        return qos;
    }

    /** The RETAIN flag it was published with. */
    public boolean retain() {
        return retain;
    }

    /** What is forwarded unaltered. */
    public Properties properties() {
        return properties;
    }

    /** Cluster time of its arrival. */
    public long publishedAtMillis() {
        return publishedAtMillis;
    }

    /** Cluster time of its expiry, or {@link #NEVER}. */
    public long expiresAtMillis() {
        return expiresAtMillis;
    }

    /** Whether it has expired at this time [MQTT-3.3.2-5]. */
    public boolean isExpired(long nowMillis) {
        return nowMillis >= expiresAtMillis;
    }

    /** An estimate of the bytes it holds in memory, for quotas. */
    public int sizeBytes() {
        return 96 + 2 * topic.length() + payload.length + properties.sizeBytes();
    }

    /** The encoded start of a PUBLISH of this message, shared by all receivers of the same variant. */
    public PublishHead head(ProtocolVersion version, boolean withPacketId) {
        int variant = (version.isV5() ? 2 : 0) + (withPacketId ? 1 : 0);
        PublishHead head = heads[variant];
        if (head == null) {
            head = PublishHead.encode(this, version, withPacketId, 0, NO_SUBSCRIPTION_IDS);
            heads[variant] = head;
        }
        return head;
    }

    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.string(topic).blob(payload).u8(qos.value() | (retain ? 4 : 0));
        PropertyCodec.write(properties, out);
        out.varLong(publishedAtMillis).bool(expiresAtMillis != NEVER);
        if (expiresAtMillis != NEVER) {
            out.varLong(expiresAtMillis);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static Message read(ByteReader in) {
        String topic = in.string();
        byte[] payload = in.blob();
        int flags = in.u8();
        Properties properties = PropertyCodec.read(in);
        long publishedAt = in.varLong();
        long expiresAt = in.bool() ? in.varLong() : NEVER;
        return new Message(topic, payload, QoS.of(flags & 3), (flags & 4) != 0, properties, publishedAt, expiresAt);
    }

    @Override
    public String toString() {
        return "Message[" + topic + ", " + payload.length + " bytes, " + qos + (retain ? ", retain]" : "]");
    }
}
