package io.covey.protocol;

/**
 * One Topic Filter of a SUBSCRIBE with its Subscription Options [MQTT 5.0, 3.8.3.1].
 *
 * @param filter the filter as sent, a {@code $share} prefix included; checked for UTF-8 only
 * @param qos the maximum QoS asked for
 * @param retainHandling 0 send retained, 1 only for a new subscription, 2 never
 */
public record SubscriptionRequest(
        String filter, QoS qos, boolean noLocal, boolean retainAsPublished, int retainHandling) {}
