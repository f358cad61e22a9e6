package io.covey.session;

import io.covey.protocol.QoS;

/**
 * What one authenticated client may publish and subscribe to: the port for access control. An authenticator hands it over together with
 * Success, at CONNECT and whenever the client authenticates again.
 *
 * <p>Asked on the loop of the connection's shard, for each PUBLISH and each Topic Filter of a SUBSCRIBE, so it answers at once and from memory:
 * whoever has to look rules up elsewhere does so while it authenticates. Its answers may change over time; they hold for what comes next.
 */
public interface Permissions {
    /** Everything; asked for nothing. */
    Permissions ALL = new Permissions() {
        @Override
        public boolean mayPublish(String topic, QoS qos, boolean retain) {
            return true;
        }

        @Override
        public boolean maySubscribe(String filter, QoS qos) {
            return true;
        }
    };

    /**
     * Whether the client may publish this, as a PUBLISH or as its Will. Where not, it is told 0x87 Not authorized, as far as its version of MQTT can
     * tell it.
     *
     * @param topic a valid Topic Name
     */
    boolean mayPublish(String topic, QoS qos, boolean retain);

    /**
     * Whether the client may subscribe. Where not, SUBACK says 0x87 (0x80 before MQTT 5.0) for this filter.
     *
     * @param filter a valid Topic Filter; that of a Shared Subscription without {@code $share/} and the name of the share
     * @param qos the level that the client asks for
     */
    boolean maySubscribe(String filter, QoS qos);
}
