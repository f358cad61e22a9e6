package io.covey.session;

import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscription;
import java.util.List;

/**
 * What a {@link Connection} wants done. The calls of one input come in order and return at once; answers come back as inputs of the
 * connection, and except for {@link #publish} never from inside the call. Implemented by the broker's shard and by tests.
 */
public interface ConnectionEffects {
    /** Sends a packet that is not a PUBLISH. */
    void send(ControlPacket packet);

    /**
     * Sends a PUBLISH.
     *
     * @param packetId 0 at QoS 0
     * @param qos the level of this delivery
     * @param topicAlias 0 for none; positive: sent together with the Topic Name; negative: sent instead of it
     */
    void sendPublish(
            Message message, int packetId, QoS qos, boolean dup, boolean retain, int[] subscriptionIds, int topicAlias);

    /** Closes the network connection after what was sent has been flushed. Nothing is sent after it. */
    void close();

    /** Turns reading from the client off and on: back-pressure. */
    void reading(boolean on);

    /**
     * Asks whether the client may connect; answered by {@link Connection#authenticated}. A CONNECT with an Authentication Method begins an
     * exchange, in which a method that is not known is answered by 0x8C.
     */
    void authenticate(Connect connect);

    /**
     * Hands on the client's next AUTH, its answer to a challenge (0x18) or the beginning of another authentication of the connection (0x19);
     * answered by {@link Connection#authenticated}. Never while an earlier question is unanswered.
     */
    void authenticateFurther(Auth packet);

    /** Asks for the session; answered by {@link Connection#opened} or {@link Connection#refused}. */
    void open(OpenRequest request);

    /**
     * Publishes a message; answered by {@link Connection#published} with the same token once every matching persistent session holds it [I1].
     * Every publish is answered, those of QoS 0 too (they count for back-pressure), in any order; an answer may come from inside the call.
     *
     * @param token counts this connection's publishes from 1
     * @param packetId the Packet Identifier of a QoS 2 PUBLISH of a persistent session, which the broker records first; else 0
     */
    void publish(long token, Message message, int packetId);

    /** Forgets an incoming QoS 2 Packet Identifier of a persistent session; answered by {@link Connection#released}. */
    void release(int packetId);

    /** Subscribes; answered by {@link Connection#subscribed} once the subscriptions are live everywhere [I6]. Filters are valid. */
    void subscribe(int packetId, List<Subscription> subscriptions);

    /** Unsubscribes; answered by {@link Connection#unsubscribed}. */
    void unsubscribe(int packetId, List<String> filters);

    /** The client is done with this sequence of its persistent session: PUBACK, PUBCOMP or a PUBREC that refuses. */
    void acknowledged(long sequence);

    /** PUBREC came for this sequence of a persistent session; answered by {@link Connection#receivedRecorded}, in the order asked. */
    void received(long sequence);

    /** Sequences from this one on were handed but did not arrive; answered by {@link Connection#handed}. */
    void fetch(long fromSequence);

    /** Asks for a {@link Connection#tick} at this time or soon after, in addition to those already asked for. */
    void wakeAt(long millis);

    /** The connection is over; called exactly once for a connection that was opened, unless it was taken over or the node lost its lease. */
    void ended(EndOfConnection end);

    /** Something that metrics or the log want to know. */
    void report(ConnectionEvent event, ReasonCode reason);
}
