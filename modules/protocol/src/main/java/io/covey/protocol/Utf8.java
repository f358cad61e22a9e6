package io.covey.protocol;

import java.nio.charset.StandardCharsets;

/** What MQTT asks of UTF-8 Encoded Strings [MQTT 5.0, 1.5.4]. */
public final class Utf8 {
    /** The most bytes that a UTF-8 Encoded String can have. */
    static final int BYTES_MAX = 0xFFFF;

    private static final int ILL_FORMED = 0;

    private Utf8() {}

    /** How many bytes the string takes in UTF-8; an unpaired surrogate counts one byte, as it is written as a question mark. */
    static int length(String value) {
        int length = value.length();
        int bytes = length;
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c < 0x80) {
                continue;
            }
            if (c < 0x800) {
                bytes++;
            } else if (!Character.isSurrogate(c)) {
                bytes += 2;
            } else if (startsPair(value, i)) {
                bytes += 2;
                i++;
            }
        }
        return bytes;
    }

    /** Whether a string can be sent: no unpaired surrogate, no U+0000 and at most 65,535 bytes. */
    static boolean isSendable(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                return false; // [MQTT-1.5.4-2]
            }
            if (Character.isSurrogate(c)) {
                if (!startsPair(value, i)) {
                    return false; // [MQTT-1.5.4-1]
                }
                i++;
            }
        }
        // A char takes three bytes at most, so most strings need no second look.
        return value.length() <= BYTES_MAX / 3 || length(value) <= BYTES_MAX;
    }

    private static boolean startsPair(String value, int index) {
        return Character.isHighSurrogate(value.charAt(index))
                && index + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(index + 1));
    }

    /**
     * The string that these bytes encode.
     *
     * @throws ProtocolViolation if they are not well formed or hold U+0000
     */
    static String decode(byte[] bytes) {
        for (byte b : bytes) {
            if (b <= 0) {
                checkWellFormed(bytes);
                // A byte order mark is a character like any other and stays [MQTT-1.5.4-3].
                return new String(bytes, StandardCharsets.UTF_8);
            }
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void checkWellFormed(byte[] bytes) {
        if (!isWellFormed(bytes)) {
            throw ProtocolViolation.malformed("MQTT-1.5.4-1", "ill-formed UTF-8"); // [MQTT-1.5.4-1]
        }
        for (byte b : bytes) {
            if (b == 0) {
                throw ProtocolViolation.malformed("MQTT-1.5.4-2", "U+0000 in a string"); // [MQTT-1.5.4-2]
            }
        }
    }

    /** Whether these bytes are well formed; U+0000 is a character like any other, as it is in a payload. */
    public static boolean isWellFormed(byte[] bytes) {
        int i = 0;
        while (i < bytes.length) {
            int lead = bytes[i] & 0xFF;
            int length = lead < 0x80 ? 1 : sequenceLength(bytes, i, lead);
            if (length == ILL_FORMED) {
                return false;
            }
            for (int k = 2; k < length; k++) {
                if (i + k >= bytes.length || (bytes[i + k] & 0xC0) != 0x80) {
                    return false;
                }
            }
            i += length;
        }
        return true;
    }

    /** The length of a sequence of two to four bytes by its lead byte, its second byte checked (Unicode, table 3-7). */
    private static int sequenceLength(byte[] bytes, int index, int lead) {
        if (lead < 0xC2 || lead > 0xF4 || index + 1 >= bytes.length) {
            return ILL_FORMED; // a continuation, an overlong form, beyond U+10FFFF, or cut off
        }
        int lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80; // below: overlong
        int highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF; // above: surrogates, or beyond U+10FFFF
        int second = bytes[index + 1] & 0xFF;
        if (second < lowest || second > highest) {
            return ILL_FORMED;
        }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    }
}
