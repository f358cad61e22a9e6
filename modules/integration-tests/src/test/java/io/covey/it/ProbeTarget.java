package io.covey.it;

import java.net.InetSocketAddress;

/**
 * Which server the probe asks.
 *
 * @param webSocket where it speaks WebSocket
 * @param reasonsAreOptional whether it may close without the Reason Code that MQTT 5 says it should send; Covey may not
 */
record ProbeTarget(InetSocketAddress address, InetSocketAddress webSocket, boolean reasonsAreOptional) {}
