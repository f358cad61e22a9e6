package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Wills of clients at one node, seen at another one: for sessions that end with their connection and such that stay, with a delay and without, and
 * for every way in which a connection can end. Each is published when it is due, once, or never.
 */
@Timeout(240)
@BesideOthers
class WillsAcrossNodesTest {
    private static final int DELAY_SECONDS = 2;

    /** How a connection ends. */
    private enum End {
        DISCONNECT,
        DISCONNECT_WITH_WILL,
        DROPPED,
        DROPPED_AND_BACK_IN_TIME,
        CONTINUED_ELSEWHERE,
        REPLACED_ELSEWHERE,
        NODE_DIES,
        NODE_DIES_AND_BACK_IN_TIME
    }

    private enum Due {
        NEVER,
        AT_ONCE,
        LATER
    }

    /** A client whose connection ends. */
    private record Doomed(End end, boolean stays, boolean delayed, Wire wire, ConnectBytes again) {
        String will() {
            return end + (stays ? " stays" : " ends") + (delayed ? " delayed" : "");
        }

        // [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.3-9] A session's end publishes its will, whatever the delay.
        Due due() {
            return switch (end) {
                case DISCONNECT -> Due.NEVER;
                case DISCONNECT_WITH_WILL, DROPPED, NODE_DIES -> delayed && stays ? Due.LATER : Due.AT_ONCE;
                case DROPPED_AND_BACK_IN_TIME, CONTINUED_ELSEWHERE, NODE_DIES_AND_BACK_IN_TIME ->
                    delayed && stays ? Due.NEVER : Due.AT_ONCE;
                case REPLACED_ELSEWHERE -> Due.AT_ONCE;
            };
        }

        boolean isBackInTime() {
            return end == End.DROPPED_AND_BACK_IN_TIME || end == End.NODE_DIES_AND_BACK_IN_TIME;
        }
    }

    @Test
    void everyWillIsPublishedWhenItIsDueAndOnce() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3);
                Probe here = cluster.probe(0, Mqtt.V5);
                Probe there = cluster.probe(1, Mqtt.V5);
                Probe watching = cluster.probe(2, Mqtt.V5)) {
            Wire watcher = watching.client("w").subscribe(here.topic("w"), 2);
            List<Doomed> all = new ArrayList<>();
            for (End end : End.values()) {
                for (int i = 0; i < 4; i++) {
                    all.add(doomed(here, end, i % 2 == 0, i >= 2));
                }
            }
            long start = System.nanoTime();
            for (Doomed each : all) {
                end(each, there);
            }
            // What a client has said before its node dies counts once it is recorded.
            for (Doomed each : all) {
                if (each.end() == End.DISCONNECT || each.end() == End.DISCONNECT_WITH_WILL) {
                    Waiting.until(
                            each.will() + " is recorded", () -> cluster.node(1).isAway(each.again().clientId));
                }
            }
            cluster.node(0).kill();
            for (Doomed each : all) {
                if (each.isBackInTime()) {
                    comeBack(each, there);
                }
            }
            expect(watcher, all, start);
            Probe.elapse(1_000);
            watcher.quiet();
        }
    }

    private static Doomed doomed(Probe here, End end, boolean stays, boolean delayed) throws IOException {
        ConnectBytes connect = here.connect(end.ordinal() + (stays ? "s" : "e") + (delayed ? "d" : "n"));
        // Those that come back in time have more of it than a busy machine needs.
        int seconds = end == End.DROPPED_AND_BACK_IN_TIME || end == End.NODE_DIES_AND_BACK_IN_TIME ? 60 : DELAY_SECONDS;
        byte[][] properties = delayed ? new byte[][] {Prop.willDelay(seconds)} : new byte[][] {};
        Doomed doomed = new Doomed(end, stays, delayed, null, null);
        connect.will(here.topic("w"), doomed.will(), 1 + end.ordinal() % 2, false, properties);
        Wire wire = here.accepted(stays ? connect.persistent() : connect.resume());
        return new Doomed(end, stays, delayed, wire, new ConnectBytes(Mqtt.V5, connect.clientId));
    }

    private static void end(Doomed doomed, Probe there) throws IOException {
        Wire wire = doomed.wire();
        switch (doomed.end()) {
            case DISCONNECT -> wire.disconnect();
            case DISCONNECT_WITH_WILL -> wire.send(ClientBytes.disconnect(0x04)).awaitEnd();
            case DROPPED, DROPPED_AND_BACK_IN_TIME -> wire.drop();
            case CONTINUED_ELSEWHERE -> {
                there.accepted(doomed.again().persistent(), doomed.stays());
                wire.refused(0x8E);
            }
            case REPLACED_ELSEWHERE -> {
                there.accepted(doomed.again(), false);
                wire.refused(0x8E);
            }
            case NODE_DIES, NODE_DIES_AND_BACK_IN_TIME -> {}
        }
    }

    /** Its session may be held for a moment by a node that is gone. */
    private static void comeBack(Doomed doomed, Probe there) throws Exception {
        Waiting.untilDone("the client comes back", () -> {
            Packet connack = there.send(doomed.again().persistent()).next(Packet.CONNACK);
            if (connack.code() != 0) {
                throw new IOException("refused: " + connack);
            }
            assertThat(connack.sessionPresent())
                    .as("session of " + doomed.will())
                    .isEqualTo(doomed.stays());
        });
    }

    private static void expect(Wire watcher, List<Doomed> all, long startNanos) throws IOException {
        List<Doomed> due = all.stream().filter(each -> each.due() != Due.NEVER).toList();
        List<String> seen = new ArrayList<>();
        while (seen.size() < due.size()) {
            Packet will = watcher.next(Packet.PUBLISH);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
            watcher.accept(will);
            seen.add(will.text());
            boolean later = due.stream()
                    .anyMatch(each -> each.due() == Due.LATER && each.will().equals(will.text()));
            assertThat(millis).as("delay of " + will).isGreaterThanOrEqualTo(later ? DELAY_SECONDS * 1_000L : 0);
        }
        assertThat(seen)
                .containsExactlyInAnyOrderElementsOf(
                        due.stream().map(Doomed::will).toList());
    }
}
