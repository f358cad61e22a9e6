package io.covey.protocol;

/** Reads and writes property lists: length first, then identifier and value each [MQTT 5.0, 2.2.2]. */
final class PropertyCodec {
    private PropertyCodec() {}

    /** Writes Property Length and the properties. */
    static void write(Properties properties, ByteWriter out) {
        throw new UnsupportedOperationException("being written");
    }

    /** Reads what {@link #write} wrote; for trusted input. */
    static Properties read(ByteReader in) {
        throw new UnsupportedOperationException("being written");
    }
}
