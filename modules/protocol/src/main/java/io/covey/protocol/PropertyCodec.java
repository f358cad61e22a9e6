package io.covey.protocol;

import java.util.List;

/** Reads and writes property lists: length first, then identifier and value each [MQTT 5.0, 2.2.2]. */
final class PropertyCodec {
    private PropertyCodec() {}

    /** Writes Property Length and the properties. */
    static void write(Properties properties, ByteWriter out) {
        out.varInt(size(properties)); // [MQTT-2.2.2-1]
        writeEntries(properties, out);
    }

    /** Writes the properties without their length. */
    static void writeEntries(Properties properties, ByteWriter out) {
        List<Properties.Entry> entries = properties.entries();
        for (int i = 0; i < entries.size(); i++) {
            Properties.Entry entry = entries.get(i);
            Property property = entry.property();
            Object value = entry.value();
            // Every identifier is below 128, so its Variable Byte Integer is one byte.
            out.u8(property.id());
            switch (property.type()) {
                case BYTE -> out.u8(((Long) value).intValue());
                case TWO_BYTES -> out.u16(((Long) value).intValue());
                case FOUR_BYTES -> out.i32(((Long) value).intValue());
                case VARIABLE -> out.varInt(((Long) value).intValue());
                case STRING -> out.mqttString((String) value);
                case STRING_PAIR -> {
                    UserProperty pair = (UserProperty) value;
                    out.mqttString(pair.name()).mqttString(pair.value());
                }
                case BINARY -> out.mqttBinary((byte[]) value);
            }
        }
    }

    /** How many bytes {@link #writeEntries} writes: the value of Property Length. */
    static int size(Properties properties) {
        List<Properties.Entry> entries = properties.entries();
        int size = 0;
        for (int i = 0; i < entries.size(); i++) {
            Properties.Entry entry = entries.get(i);
            size += 1 + valueSize(entry.property().type(), entry.value());
        }
        return size;
    }

    private static int valueSize(Property.Type type, Object value) {
        return switch (type) {
            case BYTE -> 1;
            case TWO_BYTES -> 2;
            case FOUR_BYTES -> 4;
            case VARIABLE -> ByteWriter.varIntSize(((Long) value).intValue());
            case STRING -> 2 + Utf8.length((String) value);
            case STRING_PAIR -> {
                UserProperty pair = (UserProperty) value;
                yield 4 + Utf8.length(pair.name()) + Utf8.length(pair.value());
            }
            case BINARY -> 2 + ((byte[]) value).length;
        };
    }

    /** Reads what {@link #write} wrote; for trusted input. */
    static Properties read(ByteReader in) {
        int length = in.varInt();
        if (length == 0) {
            return Properties.EMPTY;
        }
        int end = in.remaining() - length;
        Properties.Builder builder = Properties.builder();
        while (in.remaining() > end) {
            int id = in.u8();
            Property property = Property.of(id);
            if (property == null) {
                throw new IllegalStateException("no property has the identifier " + id);
            }
            switch (property.type()) {
                case BYTE -> builder.add(property, in.u8());
                case TWO_BYTES -> builder.add(property, in.u16());
                case FOUR_BYTES -> builder.add(property, in.i32() & 0xFFFF_FFFFL);
                case VARIABLE -> builder.add(property, in.varInt());
                case STRING -> builder.add(property, in.mqttString());
                case STRING_PAIR -> builder.addUserProperty(in.mqttString(), in.mqttString());
                case BINARY -> builder.add(property, in.raw(in.u16()));
            }
        }
        return builder.build();
    }
}
