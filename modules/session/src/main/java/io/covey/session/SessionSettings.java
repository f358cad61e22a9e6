package io.covey.session;

import io.covey.bucket.QueueOverflow;

/**
 * The operator's limits for connections; sizes in bytes, times in seconds.
 *
 * @param receiveMaximum unacknowledged QoS 1 and 2 publishes that a client may have towards the broker, 1 to 65535
 * @param receiveMaximumOfV3 how many the broker sends unacknowledged to clients before MQTT 5.0, which cannot tell
 * @param maximumPacketBytes the largest packet that is accepted, up to 128 MiB: half of what MQTT can express, so that what is added on
 *     the way to a subscriber always has room
 * @param topicAliasMaximum aliases a client may use
 * @param topicAliasCharactersMax characters of the Topic Names of all aliases of a connection, in each direction
 * @param topicAliasesOut aliases the broker uses towards a client at most
 * @param keepAliveMaxSeconds a longer or absent Keep Alive is replaced by Server Keep Alive; 0 for no limit
 * @param sessionExpiryMaxSeconds cap of the Session Expiry Interval, 0xFFFFFFFF for none
 * @param sessionExpiryDefaultSeconds granted to MQTT 5.0 clients with Clean Start 0 that ask for none; 0 as specified
 * @param clientIdBytesMax longer client ids are refused
 * @param topicLevelsMax more levels are refused
 * @param topicBytesMax longer Topic Names and Topic Filters are refused
 * @param messageExpiryMaxSeconds cap of the Message Expiry Interval, also for messages that ask for none; 0xFFFFFFFF for none
 * @param subscriptionsMax per session; 0 for no limit
 * @param connectTimeoutSeconds until CONNECT has arrived
 * @param transientQueueMessagesMax messages in the queue of a session that ends with its connection
 * @param transientQueueBytesMax bytes in it
 * @param queueOverflow what is dropped when it is full; its publishers cannot be refused, so that REFUSE is like DROP_NEWEST
 * @param pendingPublishesMax publishes in work per connection before reading pauses
 * @param pendingPublishBytesMax bytes in work per connection before reading pauses; one publish is taken in any case
 * @param responseInformation what MQTT 5.0 clients that ask for Response Information are told; empty for nothing
 * @param payloadFormatChecked whether a payload that is announced as text is checked to be well-formed UTF-8
 * @param serverReference where MQTT 5.0 clients are sent when the broker shuts down; empty where they are not told
 */
public record SessionSettings(
        int receiveMaximum,
        int receiveMaximumOfV3,
        int maximumPacketBytes,
        int topicAliasMaximum,
        int topicAliasCharactersMax,
        int topicAliasesOut,
        int keepAliveMaxSeconds,
        long sessionExpiryMaxSeconds,
        long sessionExpiryDefaultSeconds,
        int clientIdBytesMax,
        int topicLevelsMax,
        int topicBytesMax,
        long messageExpiryMaxSeconds,
        int subscriptionsMax,
        int connectTimeoutSeconds,
        int transientQueueMessagesMax,
        long transientQueueBytesMax,
        QueueOverflow queueOverflow,
        int pendingPublishesMax,
        long pendingPublishBytesMax,
        String responseInformation,
        boolean payloadFormatChecked,
        String serverReference) {
    /** The defaults, as docs/configuration.md has them. */
    public static final SessionSettings DEFAULT = new SessionSettings(
            1024,
            128,
            1 << 20,
            64,
            1 << 16,
            0,
            0,
            0xFFFFFFFFL,
            0,
            1024,
            128,
            0xFFFF,
            0xFFFFFFFFL,
            0,
            10,
            10_000,
            8L << 20,
            QueueOverflow.DROP_NEWEST,
            1024,
            4L << 20,
            "",
            false,
            "");

    private static final int PACKET_BYTES_MIN = 128;
    private static final int PACKET_BYTES_MAX = 128 << 20;
    private static final int TWO_BYTES_MAX = 0xFFFF;

    public SessionSettings {
        checkRange("receiveMaximum", receiveMaximum, 1, TWO_BYTES_MAX);
        checkRange("receiveMaximumOfV3", receiveMaximumOfV3, 1, TWO_BYTES_MAX);
        checkRange("maximumPacketBytes", maximumPacketBytes, PACKET_BYTES_MIN, PACKET_BYTES_MAX);
        checkRange("topicAliasMaximum", topicAliasMaximum, 0, TWO_BYTES_MAX);
        checkRange("topicAliasCharactersMax", topicAliasCharactersMax, 1, 1 << 30);
        checkRange("topicAliasesOut", topicAliasesOut, 0, TWO_BYTES_MAX);
        checkRange("keepAliveMaxSeconds", keepAliveMaxSeconds, 0, TWO_BYTES_MAX);
        checkRange("sessionExpiryMaxSeconds", sessionExpiryMaxSeconds, 0, Handshake.NEVER_EXPIRES_SECONDS);
        checkRange("sessionExpiryDefaultSeconds", sessionExpiryDefaultSeconds, 0, Handshake.NEVER_EXPIRES_SECONDS);
        checkRange("clientIdBytesMax", clientIdBytesMax, 1, TWO_BYTES_MAX);
        checkRange("topicLevelsMax", topicLevelsMax, 1, TWO_BYTES_MAX);
        checkRange("topicBytesMax", topicBytesMax, 1, TWO_BYTES_MAX);
        checkRange("messageExpiryMaxSeconds", messageExpiryMaxSeconds, 1, Handshake.NEVER_EXPIRES_SECONDS);
        checkRange("subscriptionsMax", subscriptionsMax, 0, Integer.MAX_VALUE);
        checkRange("connectTimeoutSeconds", connectTimeoutSeconds, 1, TWO_BYTES_MAX);
        checkRange("transientQueueMessagesMax", transientQueueMessagesMax, 0, Integer.MAX_VALUE);
        checkRange("transientQueueBytesMax", transientQueueBytesMax, 0, Long.MAX_VALUE);
        checkRange("pendingPublishesMax", pendingPublishesMax, 1, Integer.MAX_VALUE / 2);
        checkRange("pendingPublishBytesMax", pendingPublishBytesMax, 1, Long.MAX_VALUE);
    }

    private static void checkRange(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", not in " + min + ".." + max);
        }
    }
}
