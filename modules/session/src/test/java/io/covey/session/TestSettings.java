package io.covey.session;

/** Settings that differ from the defaults in some place. */
final class TestSettings {
    int receiveMaximum = 1024;
    int receiveMaximumOfV3 = 128;
    int maximumPacketBytes = 1 << 20;
    int topicAliasMaximum = 64;
    int topicAliasesOut;
    int keepAliveMaxSeconds;
    long sessionExpiryMaxSeconds = 0xFFFF_FFFFL;
    long sessionExpiryDefaultSeconds;
    int clientIdBytesMax = 1024;
    int topicLevelsMax = 128;
    int subscriptionsMax;
    int connectTimeoutSeconds = 10;
    int transientQueueMessagesMax = 10_000;
    int pendingPublishesMax = 1024;
    String responseInformation = "";
    boolean payloadFormatChecked;

    SessionSettings build() {
        return new SessionSettings(
                receiveMaximum,
                receiveMaximumOfV3,
                maximumPacketBytes,
                topicAliasMaximum,
                topicAliasesOut,
                keepAliveMaxSeconds,
                sessionExpiryMaxSeconds,
                sessionExpiryDefaultSeconds,
                clientIdBytesMax,
                topicLevelsMax,
                subscriptionsMax,
                connectTimeoutSeconds,
                transientQueueMessagesMax,
                pendingPublishesMax,
                responseInformation,
                payloadFormatChecked);
    }
}
