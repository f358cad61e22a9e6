package io.covey.protocol;

/** One MQTT Control Packet of any version, as an immutable value; versions differ in what its fields may hold. */
public sealed interface ControlPacket
        permits Connect,
                ConnAck,
                Publish,
                PubAck,
                PubRec,
                PubRel,
                PubComp,
                Subscribe,
                SubAck,
                Unsubscribe,
                UnsubAck,
                PingReq,
                PingResp,
                Disconnect,
                Auth {
    /** The packet's type, for switches (Java 17 has no pattern switch). */
    PacketType type();
}
