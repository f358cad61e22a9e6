package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;

/**
 * The Will of a connection, kept in the bucket from CONNECT on.
 *
 * @param message published when the connection ends without a normal DISCONNECT; its times count from then
 * @param delaySeconds Will Delay Interval; the end of the session publishes earlier [MQTT-3.1.3-9]
 * @param expirySeconds Message Expiry Interval of the will, or -1
 */
public record Will(Message message, long delaySeconds, long expirySeconds) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        message.write(out);
        out.varLong(delaySeconds).i64(expirySeconds);
    }

    /** Reads what {@link #write} wrote. */
    public static Will read(ByteReader in) {
        return new Will(Message.read(in), in.varLong(), in.i64());
    }
}
