package io.covey.auth;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Remembers which password a hash was last found to match, so that a client that comes again costs microseconds instead of a bcrypt: after
 * the loss of a node thousands come at once. What it holds is a MAC under a key that is drawn at start and never leaves the process. Bounded
 * by the number of users. May be called on any thread.
 */
final class VerifiedPasswords {
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;
    private final ConcurrentHashMap<String, byte[]> macByHash = new ConcurrentHashMap<>();

    VerifiedPasswords() {
        byte[] drawn = new byte[32];
        new SecureRandom().nextBytes(drawn);
        key = new SecretKeySpec(drawn, ALGORITHM);
    }

    /** Whether this password was the last that matched this hash. */
    boolean isKnown(byte[] password, String hash) {
        byte[] known = macByHash.get(hash);
        return known != null && MessageDigest.isEqual(known, mac(password, hash));
    }

    void add(byte[] password, String hash) {
        macByHash.put(hash, mac(password, hash));
    }

    /** Forgets every hash but these. */
    void retain(Set<String> hashes) {
        macByHash.keySet().retainAll(hashes);
    }

    private byte[] mac(byte[] password, String hash) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(hash.getBytes(StandardCharsets.US_ASCII));
            return mac.doFinal(password);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
