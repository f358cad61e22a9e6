package io.covey.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One packet by hand: its bytes, and either what they mean or how they violate the specification.
 *
 * @param fromClient whether a client sends it
 * @param version what the connection speaks
 * @param packet what the bytes decode to, or null for a violation
 * @param reason the violation's reason, or null
 * @param clause the violation's clause, or null
 * @param canonical whether the packet is encoded to just these bytes
 */
record PacketCase(
        String name,
        boolean fromClient,
        ProtocolVersion version,
        byte[] bytes,
        @Nullable ControlPacket packet,
        @Nullable ReasonCode reason,
        @Nullable String clause,
        boolean canonical) {
    private static final int MAXIMUM_PACKET_SIZE = 1 << 20;

    private static final Pattern TOKEN = Pattern.compile("~|\\{|}|`[^`]*`|'[^']*'|(?:[0-9a-f]{2})+|\\s+");

    @Override
    public String toString() {
        return version + (fromClient ? " client: " : " server: ") + name;
    }

    /** Decodes the bytes as the other end of such a connection would. */
    @Nullable
    ControlPacket decode(ByteBuffer in) {
        if (fromClient) {
            return clientDecoder(packet instanceof Connect || isConnect() ? null : version)
                    .decode(in);
        }
        return new ServerPacketDecoder(version, MAXIMUM_PACKET_SIZE).decode(in);
    }

    private boolean isConnect() {
        return (bytes[0] & 0xF0) == 0x10;
    }

    /** A decoder that has seen a CONNECT of this version, or none. */
    static PacketDecoder clientDecoder(@Nullable ProtocolVersion version) {
        PacketDecoder decoder = new PacketDecoder(MAXIMUM_PACKET_SIZE);
        if (version != null) {
            ByteWriter out = new ByteWriter(32);
            PacketEncoder.encode(connect(version), version, out);
            decoder.decode(ByteBuffer.wrap(out.toByteArray()));
        }
        return decoder;
    }

    /** The least CONNECT. */
    static Connect connect(ProtocolVersion version) {
        return new Connect(version, false, true, 0, Properties.EMPTY, "c", null, null, null);
    }

    /**
     * The bytes of a notation: hexadecimal digits, {@code 'text'} as it is, {@code `text`} with two bytes of length, {@code ~} for the
     * length of all that follows, <code>{...}</code> for a property list with its length.
     */
    static byte[] bytes(String notation) {
        ByteWriter out = new ByteWriter(64);
        int remainingLengthAt = -1;
        int listAt = -1;
        Matcher matcher = TOKEN.matcher(notation);
        int end = 0;
        while (matcher.find()) {
            if (matcher.start() != end) {
                break;
            }
            end = matcher.end();
            String token = matcher.group();
            switch (token.charAt(0)) {
                case '~' -> {
                    remainingLengthAt = out.size();
                    out.u8(0);
                }
                case '{' -> {
                    listAt = out.size();
                    out.u8(0);
                }
                case '}' -> out.patchVarInt(listAt, out.size() - listAt - 1);
                case '`' -> out.mqttString(token.substring(1, token.length() - 1));
                case '\'' -> out.raw(token.substring(1, token.length() - 1).getBytes(StandardCharsets.UTF_8));
                default -> out.raw(hex(token));
            }
        }
        if (end != notation.length()) {
            throw new IllegalArgumentException("not understood from " + end + " on: " + notation);
        }
        if (remainingLengthAt >= 0) {
            out.patchVarInt(remainingLengthAt, out.size() - remainingLengthAt - 1);
        }
        return out.toByteArray();
    }

    private static byte[] hex(String token) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i + 1 < token.length(); i += 2) {
            bytes.write(Integer.parseInt(token.substring(i, i + 2), 16));
        }
        return token.isBlank() ? new byte[0] : bytes.toByteArray();
    }
}
