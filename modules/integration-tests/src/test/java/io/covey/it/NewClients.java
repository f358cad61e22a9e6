package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Clients that come when everything is said to be well again: at every node sessions are opened, subscribed and published to from the next node, and
 * each answer has to come soon. Traffic that goes on from before a fault shows less: it needs no new session and no SUBACK, and meets few partitions.
 */
final class NewClients {
    /** Nothing is broken any more; what is longer than this waits for something that does not come. */
    private static final long ANSWER_MILLIS_MAX = 5_000;

    private static final int EACH = 8;

    private final List<String> waits = new ArrayList<>();
    private long longestMillis;

    private NewClients() {}

    private interface Step {
        void run() throws IOException;
    }

    /** Lets clients come to so many nodes; a line with the longest waits. */
    static String areServed(int nodes, IntFunction<Probe> probes) throws IOException {
        NewClients clients = new NewClients();
        for (int node = 0; node < nodes; node++) {
            try (Probe here = probes.apply(node);
                    Probe there = probes.apply((node + 1) % nodes)) {
                clients.at(node + 1, here, there);
            }
        }
        String told = "new clients: " + clients.waits;
        System.out.println(told);
        assertThat(clients.longestMillis).as(told).isLessThan(ANSWER_MILLIS_MAX);
        return told;
    }

    private void at(int node, Probe here, Probe there) throws IOException {
        List<Wire> subscribers = new ArrayList<>();
        step(node + " CONNACK", () -> {
            for (int i = 0; i < EACH; i++) {
                subscribers.add(here.send(here.connect("s" + i).persistent()));
            }
            for (Wire subscriber : subscribers) {
                assertThat(subscriber.next(Packet.CONNACK).code()).as("CONNACK").isZero();
            }
        });
        step(node + " SUBACK", () -> {
            for (int i = 0; i < EACH; i++) {
                subscribers.get(i).subscribe(here.topic("new/" + i), 1);
            }
        });
        Wire publisher = there.client("p");
        step(node + " PUBACK", () -> {
            for (int i = 0; i < EACH; i++) {
                publisher.publish(here.topic("new/" + i), "first", 1);
            }
        });
        step(node + " PUBLISH", () -> {
            for (int i = 0; i < EACH; i++) {
                subscribers.get(i).receive(here.topic("new/" + i), "first", 1);
            }
        });
    }

    private void step(String what, Step step) throws IOException {
        long begun = System.nanoTime();
        try {
            step.run();
        } catch (Wire.BrokenOff silence) {
            throw new AssertionError("at node " + what + ": " + silence.getMessage() + "; before: " + waits, silence);
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        longestMillis = Math.max(longestMillis, millis);
        waits.add(what + " " + millis + " ms");
    }
}
