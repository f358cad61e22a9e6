package io.covey.session;

import io.covey.bucket.Will;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The checks of a CONNECT, what follows from it, and the CONNACK. Holds no state. */
final class Handshake {
    /** The Session Expiry Interval of a session that never ends. */
    static final long NEVER_EXPIRES_SECONDS = 0xFFFF_FFFFL;

    /** What is in a CONNACK before and around a Server Reference, at most. */
    private static final int CONNACK_BYTES_BEFORE_REFERENCE = 13;

    private static final int RECEIVE_MAXIMUM_DEFAULT = 65_535;
    private static final String ASSIGNED_ID_PREFIX = "covey-";

    /** What the specification allows in CONNACK [MQTT 5.0, 3.2.2.2]. */
    private static final Set<ReasonCode> CONNACK_REASONS = EnumSet.of(
            ReasonCode.UNSPECIFIED_ERROR,
            ReasonCode.MALFORMED_PACKET,
            ReasonCode.PROTOCOL_ERROR,
            ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
            ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
            ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
            ReasonCode.BAD_USER_NAME_OR_PASSWORD,
            ReasonCode.NOT_AUTHORIZED,
            ReasonCode.SERVER_UNAVAILABLE,
            ReasonCode.SERVER_BUSY,
            ReasonCode.BANNED,
            ReasonCode.BAD_AUTHENTICATION_METHOD,
            ReasonCode.TOPIC_NAME_INVALID,
            ReasonCode.PACKET_TOO_LARGE,
            ReasonCode.QUOTA_EXCEEDED,
            ReasonCode.PAYLOAD_FORMAT_INVALID,
            ReasonCode.RETAIN_NOT_SUPPORTED,
            ReasonCode.QOS_NOT_SUPPORTED,
            ReasonCode.USE_ANOTHER_SERVER,
            ReasonCode.SERVER_MOVED,
            ReasonCode.CONNECTION_RATE_EXCEEDED);

    private Handshake() {}

    /**
     * Checks a CONNECT and settles the terms.
     *
     * @throws ProtocolViolation where it is to be refused, with the reason for CONNACK
     */
    static Terms terms(Connect connect, SessionSettings settings, LongSupplier uniqueIds) {
        checkAuthentication(connect);
        checkClientId(connect, settings);
        checkWill(connect.will(), settings);

        boolean assigned = connect.clientId().isEmpty();
        String clientId = assigned
                ? ASSIGNED_ID_PREFIX + Long.toString(uniqueIds.getAsLong(), Character.MAX_RADIX) // [MQTT-3.1.3-7]
                : connect.clientId();
        Properties properties = connect.properties();
        boolean v5 = connect.version().isV5();
        int keepAlive = keepAliveSeconds(connect, settings);
        long expirySeconds = expirySeconds(connect, settings);
        return new Terms(
                connect.version(),
                connect.bridge(),
                clientId,
                assigned,
                keepAlive,
                keepAlive != connect.keepAliveSeconds(),
                properties.number(Property.SESSION_EXPIRY_INTERVAL, 0),
                expirySeconds,
                v5
                        ? (int) properties.number(Property.RECEIVE_MAXIMUM, RECEIVE_MAXIMUM_DEFAULT)
                        : settings.receiveMaximumOfV3(),
                maximumPacketBytes(connect),
                (int) properties.number(Property.TOPIC_ALIAS_MAXIMUM, 0), // [MQTT-3.1.2-27]
                properties.number(Property.REQUEST_PROBLEM_INFORMATION, 1) != 0, // [MQTT-3.1.2-29]
                properties.number(Property.REQUEST_RESPONSE_INFORMATION, 0) != 0, // [MQTT-3.1.2-28]
                expirySeconds > 0);
    }

    /** The largest packet that the client takes, or {@link Terms#NO_PACKET_LIMIT}. */
    static long maximumPacketBytes(Connect connect) {
        return connect.properties().number(Property.MAXIMUM_PACKET_SIZE, Terms.NO_PACKET_LIMIT);
    }

    private static void checkAuthentication(Connect connect) {
        Properties properties = connect.properties();
        if (properties.contains(Property.AUTHENTICATION_DATA) && !properties.contains(Property.AUTHENTICATION_METHOD)) {
            throw new ProtocolViolation(
                    ReasonCode.PROTOCOL_ERROR, "3.1.2.11.10", "Authentication Data without a method");
        }
    }

    private static void checkClientId(Connect connect, SessionSettings settings) {
        String clientId = connect.clientId();
        if (clientId.isEmpty()) {
            boolean mayBeAssigned =
                    switch (connect.version()) {
                        case V3_1 -> false; // MQTT 3.1 wants at least one character
                        case V3_1_1 -> connect.cleanStart(); // [MQTT311-3.1.3-7] [MQTT311-3.1.3-8] [MQTT311-3.1.3-6]
                        case V5 -> true; // [MQTT-3.1.3-6]
                    };
            if (!mayBeAssigned) {
                throw invalidClientId("an empty client id");
            }
        } else if (TextLength.exceeds(clientId, settings.clientIdBytesMax())) { // [MQTT-3.1.3-5]
            // MQTT 3.1 ends at 23 characters; its clients are used to brokers that take more, as 3.1.1 lets them.
            throw invalidClientId("a client id that is too long");
        }
    }

    private static ProtocolViolation invalidClientId(String message) { // [MQTT311-3.1.3-9]
        return new ProtocolViolation(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "MQTT-3.1.3-8", message);
    }

    private static void checkWill(Connect.@Nullable Will will, SessionSettings settings) {
        ReasonCode refusal = will == null ? null : PublishChecks.refusal(will, settings);
        if (refusal != null && refusal != ReasonCode.NOT_AUTHORIZED) {
            throw new ProtocolViolation(refusal, "3.1.3", "a Will that is not accepted");
        }
    }

    /** Whether the client's Will, where it has one, is something that it may publish. */
    static boolean mayPublishWill(Connect connect, Permissions permissions) {
        Connect.Will will = connect.will();
        return will == null || permissions.mayPublish(will.topic(), will.qos(), will.retain());
    }

    /** Clients before MQTT 5.0 cannot be told of another Keep Alive, so theirs stays. */
    private static int keepAliveSeconds(Connect connect, SessionSettings settings) {
        int asked = connect.keepAliveSeconds();
        int max = settings.keepAliveMaxSeconds();
        boolean replaced = connect.version().isV5() && max > 0 && (asked == 0 || asked > max);
        return replaced ? max : asked; // [MQTT-3.1.2-21] [MQTT-3.2.2-22]
    }

    private static long expirySeconds(Connect connect, SessionSettings settings) {
        long asked;
        if (!connect.version().isV5()) {
            asked = connect.cleanStart() ? 0 : NEVER_EXPIRES_SECONDS; // [MQTT311-3.1.2-4] [MQTT311-3.1.2-6]
        } else if (connect.properties().contains(Property.SESSION_EXPIRY_INTERVAL) || connect.cleanStart()) {
            asked = connect.properties().number(Property.SESSION_EXPIRY_INTERVAL, 0);
        } else {
            asked = settings.sessionExpiryDefaultSeconds();
        }
        return Math.min(asked, settings.sessionExpiryMaxSeconds());
    }

    /** What the broker is asked to open. */
    static OpenRequest openRequest(Connect connect, Terms terms, SessionSettings settings, long nowMillis) {
        Connect.Will will = keptWill(connect, settings);
        return new OpenRequest(
                connect,
                terms.clientId(),
                connect.cleanStart(),
                terms.expirySeconds(),
                terms.receiveMaximum(),
                will == null ? null : will(will, settings, nowMillis)); // [MQTT-3.1.2-7]
    }

    /**
     * The Will, unless its topic is one of the broker's own: Mosquitto's bridges announce themselves below $SYS by their Will, and are to be
     * served, but nobody publishes there.
     */
    private static Connect.@Nullable Will keptWill(Connect connect, SessionSettings settings) {
        Connect.Will will = connect.will();
        return will == null || PublishChecks.refusal(will, settings) != null ? null : will;
    }

    private static Will will(Connect.Will will, SessionSettings settings, long nowMillis) {
        return new Will(
                Forwarding.message(will, nowMillis),
                will.properties().number(Property.WILL_DELAY_INTERVAL, 0),
                Forwarding.expirySeconds(will.properties(), settings.messageExpiryMaxSeconds()));
    }

    /**
     * The CONNACK of an accepted CONNECT.
     *
     * @param exchange the enhanced authentication that has succeeded, or null
     */
    static ConnAck accepted(
            Terms terms, SessionSettings settings, boolean sessionPresent, @Nullable EnhancedExchange exchange) {
        if (!terms.isV5()) {
            return new ConnAck(sessionPresent, ReasonCode.SUCCESS, Properties.EMPTY); // [MQTT311-3.2.2-2..3]
        }
        Properties.Builder properties = Properties.builder();
        if (terms.expirySeconds() != terms.expiryAskedSeconds()) {
            properties.add(Property.SESSION_EXPIRY_INTERVAL, terms.expirySeconds()); // [MQTT 5.0, 3.2.2.3.2]
        }
        if (settings.receiveMaximum() != RECEIVE_MAXIMUM_DEFAULT) {
            properties.add(Property.RECEIVE_MAXIMUM, settings.receiveMaximum());
        }
        properties.add(Property.MAXIMUM_PACKET_SIZE, settings.maximumPacketBytes());
        if (terms.assigned()) {
            properties.add(Property.ASSIGNED_CLIENT_IDENTIFIER, terms.clientId()); // [MQTT-3.2.2-16]
        }
        if (settings.topicAliasMaximum() > 0) {
            properties.add(Property.TOPIC_ALIAS_MAXIMUM, settings.topicAliasMaximum());
        }
        if (terms.serverKeepAlive()) {
            properties.add(Property.SERVER_KEEP_ALIVE, terms.keepAliveSeconds()); // [MQTT-3.2.2-21]
        }
        if (terms.responseInformation() && !settings.responseInformation().isEmpty()) {
            properties.add(Property.RESPONSE_INFORMATION, settings.responseInformation()); // [MQTT-3.1.2-28]
        }
        if (exchange != null) { // [MQTT-4.12.0-5] [MQTT-4.12.0-6]
            exchange.addTo(properties);
        }
        return new ConnAck(sessionPresent, ReasonCode.SUCCESS, properties.build());
    }

    /** The CONNACK of a refused CONNECT; a reason that CONNACK may not carry becomes the nearest one that it may. */
    static ConnAck refused(ReasonCode reason) {
        ReasonCode allowed = CONNACK_REASONS.contains(reason)
                ? reason
                : reason == ReasonCode.SERVER_SHUTTING_DOWN || reason == ReasonCode.ADMINISTRATIVE_ACTION
                        ? ReasonCode.SERVER_UNAVAILABLE
                        : ReasonCode.PROTOCOL_ERROR;
        return new ConnAck(false, allowed, Properties.EMPTY); // [MQTT-3.2.2-6]
    }

    /** The CONNACK of a CONNECT that is to go to another server; its name is left out where the client does not take so large a packet. */
    static ConnAck redirected(String reference, Terms terms) {
        int bytes = CONNACK_BYTES_BEFORE_REFERENCE + reference.getBytes(StandardCharsets.UTF_8).length;
        return bytes > terms.maximumPacketBytes() // [MQTT-3.1.2-24]
                ? refused(ReasonCode.USE_ANOTHER_SERVER)
                : new ConnAck(false, ReasonCode.USE_ANOTHER_SERVER, reference(reference));
    }

    /** The Server Reference as properties. */
    static Properties reference(String reference) {
        return Properties.builder().add(Property.SERVER_REFERENCE, reference).build();
    }

    /** The reason of the DISCONNECT after an authentication that failed; what only CONNACK may say becomes Not authorized. */
    static ReasonCode disconnected(ReasonCode reason) {
        return switch (reason) {
            case UNSUPPORTED_PROTOCOL_VERSION,
                    CLIENT_IDENTIFIER_NOT_VALID,
                    BAD_USER_NAME_OR_PASSWORD,
                    SERVER_UNAVAILABLE,
                    BANNED,
                    BAD_AUTHENTICATION_METHOD -> ReasonCode.NOT_AUTHORIZED; // [MQTT-3.14.2-1]
            default -> reason;
        };
    }

    /**
     * Whether a CONNECT that violates the specification is answered by CONNACK before the connection is closed: in MQTT 5.0 always, before
     * it only where there is a return code for it; the rest is closed without a word ([MQTT311-3.1.4-1]).
     *
     * @param version null while it is unknown
     */
    static boolean isAnswered(ReasonCode reason, @Nullable ProtocolVersion version) {
        return version == ProtocolVersion.V5 // [MQTT311-3.2.2-6]
                || reason == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION // [MQTT-3.1.2-2]
                || reason == ReasonCode.CLIENT_IDENTIFIER_NOT_VALID
                || reason == ReasonCode.NOT_AUTHORIZED;
    }
}
