package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Very many clients with transient sessions that do nothing but stay connected. Whom a node sends away must have been told why, once, and goes on at the
 * next node; nobody else may be sent away.
 */
final class Crowd implements Closeable {
    private final ClusterProcesses cluster;
    private final List<Member> members = new ArrayList<>();

    private static final class Member {
        final String id;
        int node;
        Wire wire;

        Member(String id, int node, Wire wire) {
            this.id = id;
            this.node = node;
            this.wire = wire;
        }
    }

    private Crowd(ClusterProcesses cluster) {
        this.cluster = cluster;
    }

    /** Connects so many clients to each node. */
    static Crowd connect(ClusterProcesses cluster, int each) throws IOException {
        Crowd crowd = new Crowd(cluster);
        for (int node = 0; node < cluster.size(); node++) {
            for (int i = 0; i < each; i++) {
                String id = "crowd-" + node + "-" + i;
                crowd.members.add(new Member(id, node, cluster.wire(node, Mqtt.V5, id)));
            }
        }
        for (Member member : crowd.members) {
            member.wire.send(new ConnectBytes(Mqtt.V5, member.id).keepAlive(0).bytes());
        }
        for (Member member : crowd.members) {
            accepted(member);
        }
        return crowd;
    }

    private static void accepted(Member member) throws IOException {
        assertThat(member.wire.next(Packet.CONNACK).code())
                .as("CONNACK of %s", member.id)
                .isZero();
    }

    /** Waits until a node has sent its clients away, each with this reason, and lets them go on at the next one; how many these were. */
    int follow(int leaving, int reason) throws IOException {
        int next = (leaving + 1) % cluster.size();
        List<Member> moving =
                members.stream().filter(member -> member.node == leaving).toList();
        for (Member member : moving) {
            assertThat(member.wire.next(Packet.DISCONNECT).code())
                    .as("DISCONNECT of %s", member.id)
                    .isEqualTo(reason);
            member.wire.closed();
            member.wire.close();
            member.wire = cluster.wire(next, Mqtt.V5, member.id);
            member.node = next;
            member.wire.send(new ConnectBytes(Mqtt.V5, member.id).keepAlive(0).bytes());
        }
        // All come at the pace at which they were sent away: none waits for another one's CONNACK.
        for (Member member : moving) {
            accepted(member);
        }
        return moving.size();
    }

    /** All are connected, and nothing came that they have not seen. */
    void areLeftAlone() throws IOException {
        for (Member member : members) {
            member.wire.quiet();
        }
    }

    @Override
    public void close() throws IOException {
        for (Member member : members) {
            member.wire.close();
        }
    }
}
