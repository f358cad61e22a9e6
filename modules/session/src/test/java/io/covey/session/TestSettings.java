package io.covey.session;

import io.covey.bucket.QueueOverflow;

/** Settings that differ from the defaults in some place. */
final class TestSettings {
    int receiveMaximum = 1024;
    int receiveMaximumOfV3 = 128;
    int maximumPacketBytes = 1 << 20;
    int topicAliasMaximum = 64;
    int topicAliasCharactersMax = 1 << 16;
    int topicAliasesOut;
    int keepAliveMaxSeconds;
    long sessionExpiryMaxSeconds = 0xFFFF_FFFFL;
    long sessionExpiryDefaultSeconds;
    int clientIdBytesMax = 1024;
    int topicLevelsMax = 128;
    int topicBytesMax = 65_535;
    long messageExpiryMaxSeconds = 0xFFFF_FFFFL;
    int subscriptionsMax;
    int connectTimeoutSeconds = 10;
    int transientQueueMessagesMax = 10_000;
    long transientQueueBytesMax = 8 << 20;
    QueueOverflow queueOverflow = QueueOverflow.DROP_NEWEST;
    int pendingPublishesMax = 1024;
    long pendingPublishBytesMax = 4 << 20;
    String responseInformation = "";
    boolean payloadFormatChecked;
    String serverReference = "";

    SessionSettings build() {
        return new SessionSettings(
                receiveMaximum,
                receiveMaximumOfV3,
                maximumPacketBytes,
                topicAliasMaximum,
                topicAliasCharactersMax,
                topicAliasesOut,
                keepAliveMaxSeconds,
                sessionExpiryMaxSeconds,
                sessionExpiryDefaultSeconds,
                clientIdBytesMax,
                topicLevelsMax,
                topicBytesMax,
                messageExpiryMaxSeconds,
                subscriptionsMax,
                connectTimeoutSeconds,
                transientQueueMessagesMax,
                transientQueueBytesMax,
                queueOverflow,
                pendingPublishesMax,
                pendingPublishBytesMax,
                responseInformation,
                payloadFormatChecked,
                serverReference);
    }
}
