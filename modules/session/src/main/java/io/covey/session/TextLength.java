package io.covey.session;

import java.nio.charset.StandardCharsets;

/** How long a text is on the wire. Holds no state. */
final class TextLength {
    private static final int UTF8_BYTES_PER_CHAR_MAX = 3;

    private TextLength() {}

    /** Whether the text takes more bytes of UTF-8 than this; counts them only where that is in question. */
    static boolean exceeds(String text, int bytesMax) {
        return text.length() > bytesMax
                || text.length() * UTF8_BYTES_PER_CHAR_MAX > bytesMax
                        && text.getBytes(StandardCharsets.UTF_8).length > bytesMax;
    }
}
