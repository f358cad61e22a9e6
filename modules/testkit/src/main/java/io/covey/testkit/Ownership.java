package io.covey.testkit;

import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Disconnect;
import io.covey.protocol.ReasonCode;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * A client id has one connection at most [I2]: once a later one got its CONNACK, an earlier one hears nothing but that it is over. Only a node
 * that the others have expelled although it runs may not know that until its lease has ended.
 */
final class Ownership {
    private final Map<String, SimulatedSocket> owners = new HashMap<>();
    private final BiPredicate<SimulatedSocket, SimulatedSocket> mayNotKnow;

    /** @param mayNotKnow whether the node of the first is expelled in the eyes of the second's, and may still hold its lease */
    Ownership(BiPredicate<SimulatedSocket, SimulatedSocket> mayNotKnow) {
        this.mayNotKnow = mayNotKnow;
    }

    /** A node sends a packet to a client. */
    void sent(SimulatedSocket socket, ControlPacket packet) {
        if (packet instanceof ConnAck connAck) {
            if (connAck.reason() == ReasonCode.SUCCESS) {
                owners.put(socket.clientId(), socket);
            }
            return;
        }
        SimulatedSocket owner = owners.get(socket.clientId());
        if (owner != null && owner != socket && !(packet instanceof Disconnect) && !mayNotKnow.test(socket, owner)) {
            throw new History.InvariantViolated("I2: host " + socket.process().host() + " sent " + packet.type()
                    + " to " + socket.clientId() + " after another connection of it was accepted");
        }
    }
}
