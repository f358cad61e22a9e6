package io.covey.protocol;

/** What MQTT asks of UTF-8 Encoded Strings [MQTT 5.0, 1.5.4]. */
final class Utf8 {
    /** The most bytes that a UTF-8 Encoded String can have. */
    static final int BYTES_MAX = 0xFFFF;

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
}
