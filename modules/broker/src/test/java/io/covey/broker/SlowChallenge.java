package io.covey.broker;

import io.covey.protocol.Connect;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * An authenticator that takes ten milliseconds for each step: it sends a number and expects that number's checksum. Not safe at all, but it has
 * the shape of the methods that are.
 */
final class SlowChallenge implements Authenticator {
    static final String METHOD = "CHECKSUM";

    private final VirtualTime time;
    private int challenges;

    SlowChallenge(VirtualTime time) {
        this.time = time;
    }

    @Override
    public void authenticate(Connect connect, String remoteAddress, Consumer<AuthenticationStep> answer) {
        answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS));
    }

    @Override
    public @Nullable EnhancedAuthentication enhanced(Connect connect, String method, String remoteAddress) {
        return method.equals(METHOD) ? new Dialogue() : null;
    }

    /** What a client that knows how answers. */
    static byte[] checksum(byte[] challenge) {
        CRC32 sum = new CRC32();
        sum.update(challenge);
        return Long.toString(sum.getValue()).getBytes(StandardCharsets.US_ASCII);
    }

    private final class Dialogue implements EnhancedAuthentication {
        private byte[] challenge = {};

        @Override
        public void begin(byte @Nullable [] data, Consumer<AuthenticationStep> answer) {
            challenge = new byte[] {(byte) ++challenges};
            time.after(10_000, () -> answer.accept(AuthenticationStep.challenge(challenge)));
        }

        @Override
        public void proceed(byte @Nullable [] data, Consumer<AuthenticationStep> answer) {
            AuthenticationStep last = Arrays.equals(data, checksum(challenge))
                    ? new AuthenticationStep(ReasonCode.SUCCESS, new byte[] {'o', 'k'})
                    : AuthenticationStep.of(ReasonCode.NOT_AUTHORIZED);
            time.after(10_000, () -> answer.accept(last));
        }
    }
}
