package io.covey.auth;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Passwords as they are stored: bcrypt, as {@code htpasswd -B} writes it, too. */
final class PasswordHash {
    /** bcrypt looks at no more than this of a password. */
    static final int PASSWORD_BYTES_MAX = 72;

    /** What a new hash costs: two to the power of this rounds, some 50 to 100 ms. */
    static final int COST = 10;

    /** A hash that costs more would hold a worker for seconds. */
    static final int COST_MAX = 14;

    private static final Pattern FORM = Pattern.compile("\\$2[aby]\\$(\\d\\d)\\$[./A-Za-z0-9]{53}");
    private static final int COST_MIN = 4;
    private static final int COST_AT = 4;

    private PasswordHash() {}

    /** Hashes a password of at most {@link #PASSWORD_BYTES_MAX} bytes with a new salt. */
    static String of(byte[] password, int cost) {
        return new String(BCrypt.with(BCrypt.Version.VERSION_2B).hash(cost, password), StandardCharsets.US_ASCII);
    }

    /** Whether this is a hash that {@link #matches} takes. */
    static boolean isHash(String text) {
        return FORM.matcher(text).matches() && cost(text) >= COST_MIN && cost(text) <= COST_MAX;
    }

    static int cost(String hash) {
        return Integer.parseInt(hash.substring(COST_AT, COST_AT + 2));
    }

    /** Whether this is the password; takes as long for every password, a too long one included. */
    static boolean matches(byte[] password, String hash) {
        boolean possible = password.length <= PASSWORD_BYTES_MAX;
        byte[] compared = possible ? password : new byte[0];
        return BCrypt.verifyer().verify(compared, hash.getBytes(StandardCharsets.US_ASCII)).verified && possible;
    }
}
