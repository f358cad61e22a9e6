package io.covey.broker;

import io.covey.session.AuthenticationStep;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one Authentication Method for one connection: a dialogue of AUTH packets [MQTT 5.0, 4.12]. Lives as long as the
 * connection, since a client may authenticate again; it is dropped without a word when the connection ends.
 *
 * <p>Calls come on the loop of the connection's shard and return at once, the next one never before the answer to the last one. What takes
 * time runs elsewhere.
 */
public interface EnhancedAuthentication {
    /**
     * An authentication begins: by CONNECT, or by AUTH 0x19 on a connection that goes on as it was until the answer.
     *
     * @param data the client's Authentication Data, or null; not to be modified
     * @param answer takes Continue, Success or the reason to refuse with, exactly once, on any thread; a refused client is disconnected
     */
    void begin(byte @Nullable [] data, Consumer<AuthenticationStep> answer);

    /**
     * The client has answered a Continue.
     *
     * @param data and {@code answer} as in {@link #begin}
     */
    void proceed(byte @Nullable [] data, Consumer<AuthenticationStep> answer);
}
