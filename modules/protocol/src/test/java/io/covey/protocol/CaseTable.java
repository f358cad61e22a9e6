package io.covey.protocol;

import java.util.ArrayList;
import java.util.List;

/** Collects packets by hand, in the notation of {@link PacketCase#bytes}. */
final class CaseTable {
    private final List<PacketCase> cases = new ArrayList<>();

    /** What was collected. */
    List<PacketCase> cases() {
        return cases;
    }

    void client(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), packet, null, null, true));
    }

    /** A packet that is understood, though we would encode it otherwise. */
    void tolerated(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), packet, null, null, false));
    }

    void malformed(ProtocolVersion version, String clause, String name, String notation) {
        refused(version, ReasonCode.MALFORMED_PACKET, clause, name, notation);
    }

    void protocolError(ProtocolVersion version, String clause, String name, String notation) {
        refused(version, ReasonCode.PROTOCOL_ERROR, clause, name, notation);
    }

    void refused(ProtocolVersion version, ReasonCode reason, String clause, String name, String notation) {
        cases.add(new PacketCase(name, true, version, PacketCase.bytes(notation), null, reason, clause, false));
    }

    void server(ProtocolVersion version, String name, String notation, ControlPacket packet) {
        cases.add(new PacketCase(name, false, version, PacketCase.bytes(notation), packet, null, null, true));
    }

    void serverRefused(ProtocolVersion version, ReasonCode reason, String clause, String name, String notation) {
        cases.add(new PacketCase(name, false, version, PacketCase.bytes(notation), null, reason, clause, false));
    }
}
