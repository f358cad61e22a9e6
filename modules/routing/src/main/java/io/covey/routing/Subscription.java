package io.covey.routing;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.QoS;

/**
 * A subscription as its session holds it.
 *
 * @param filter a valid Topic Filter, with its {@code $share/name/} prefix where it is shared
 * @param qos the level granted
 * @param subscriptionId the Subscription Identifier, or 0 for none
 */
public record Subscription(
        String filter, QoS qos, boolean noLocal, boolean retainAsPublished, int retainHandling, int subscriptionId) {

    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.string(filter)
                .u8(qos.value() | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | retainHandling << 4)
                .varInt(subscriptionId);
    }

    /** Reads what {@link #write} wrote. */
    public static Subscription read(ByteReader in) {
        String filter = in.string();
        int options = in.u8();
        return new Subscription(
                filter, QoS.of(options & 3), (options & 4) != 0, (options & 8) != 0, options >>> 4 & 3, in.varInt());
    }
}
