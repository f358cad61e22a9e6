package io.covey.broker;

import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.Property;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks the authenticator about one connection and brings its answers back to the loop of the shard, which owns this. */
final class ConnectionAuthentication {
    private final Authenticator authenticator;
    private final WireOutput output;
    private final Consumer<AuthenticationStep> answer;
    private @Nullable EnhancedAuthentication enhanced;

    /**
     * @param answered takes the answers on the shard's loop
     */
    ConnectionAuthentication(Shard shard, WireOutput output, Consumer<AuthenticationStep> answered) {
        this.authenticator = shard.authenticator;
        this.output = output;
        this.answer = step -> shard.loop.submit(() -> answered.accept(step));
    }

    /** CONNECT came. */
    void begin(Connect connect) {
        String method = connect.properties().string(Property.AUTHENTICATION_METHOD);
        if (method == null) {
            authenticator.authenticate(connect, output.remoteAddress(), answer);
            return;
        }
        enhanced = authenticator.enhanced(connect, method, output.remoteAddress());
        if (enhanced == null) {
            answer.accept(AuthenticationStep.of(ReasonCode.BAD_AUTHENTICATION_METHOD)); // [MQTT-4.12.0-1]
        } else {
            enhanced.begin(connect.properties().binary(Property.AUTHENTICATION_DATA), answer);
        }
    }

    /** AUTH came, in its turn. */
    void proceed(Auth packet) {
        EnhancedAuthentication dialogue = Objects.requireNonNull(enhanced, "AUTH follows an accepted method");
        byte[] data = packet.properties().binary(Property.AUTHENTICATION_DATA);
        if (packet.reason() == ReasonCode.REAUTHENTICATE) {
            dialogue.begin(data, answer);
        } else {
            dialogue.proceed(data, answer);
        }
    }
}
