package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Publishers that number their messages, at QoS 1 and 2, and subscribers with persistent sessions that note what they got: in the end nothing
 * acknowledged may be missing, nothing at QoS 2 may have come twice, and the order of each publisher is kept [I1, I3, I4].
 */
final class NumberedTraffic implements AutoCloseable {
    /** The level above the publishers' topics. */
    static final String TOPICS = "orders";

    private static final long SETTLE_SECONDS_MAX = 60;
    private static final int EXAMPLES_MAX = 20;

    private final List<NumberedSubscriber> subscribers = new ArrayList<>();
    private final List<NumberedPublisher> publishers = new ArrayList<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "watches silent connections");
        thread.setDaemon(true);
        return thread;
    });

    NumberedTraffic() {
        var unused = watch.scheduleWithFixedDelay(
                () -> clients().forEach(RoamingClient::look), 500, 500, TimeUnit.MILLISECONDS);
    }

    synchronized List<RoamingClient> clients() {
        return Stream.concat(subscribers.stream(), publishers.stream()).toList();
    }

    /** What became of all messages so far. */
    record Tally(
            long acknowledged,
            long lost,
            long duplicated,
            long reordered,
            long repeated,
            long refused,
            int reconnects,
            List<String> faults) {
        boolean isKept() {
            return lost == 0 && duplicated == 0 && reordered == 0 && faults.isEmpty();
        }
    }

    /** Half of all clients speak MQTT 3.1.1. */
    private static Mqtt version(int number) {
        return number % 2 == 0 ? Mqtt.V5 : Mqtt.V311;
    }

    /** Adds a subscriber at each QoS, each with a session that is kept. */
    void subscribe(String name, List<Integer> ports) throws InterruptedException {
        for (int qos = 1; qos <= 2; qos++) {
            NumberedSubscriber subscriber =
                    new NumberedSubscriber(name + "-qos" + qos, version(subscribers.size() / 2), qos, ports);
            subscriber.begin();
            synchronized (this) {
                subscribers.add(subscriber);
            }
        }
    }

    /** Adds a publisher, which publishes at once. */
    NumberedPublisher publish(String name, int qos, List<Integer> ports) throws InterruptedException {
        NumberedPublisher publisher = new NumberedPublisher(name, version(publishers.size() / 2), qos, ports);
        publisher.begin();
        synchronized (this) {
            publishers.add(publisher);
        }
        return publisher;
    }

    /** Adds subscribers that begin at each node, and a publisher at each QoS that begins at each node. */
    void begin(ClusterProcesses cluster) throws InterruptedException {
        for (int node = 0; node < cluster.size(); node++) {
            subscribe("reader-" + node, cluster.portsFrom(node));
        }
        for (int node = 0; node < cluster.size(); node++) {
            for (int qos = 1; qos <= 2; qos++) {
                publish("writer-" + node + "-qos" + qos, qos, cluster.portsFrom(node));
            }
        }
    }

    List<NumberedSubscriber> subscribers() {
        return subscribers;
    }

    List<NumberedPublisher> publishers() {
        return publishers;
    }

    /** How many messages were acknowledged so far. */
    int acknowledged() {
        return publishers.stream()
                .mapToInt(NumberedPublisher::acknowledgedCount)
                .sum();
    }

    /** Waits until every publisher has had so many more acknowledged. */
    void awaitProgress(int each) throws InterruptedException {
        awaitProgress(each, publisher -> true);
    }

    void awaitProgress(int each, Predicate<NumberedPublisher> which) throws InterruptedException {
        for (NumberedPublisher publisher : publishers) {
            if (which.test(publisher)) {
                int wanted = publisher.acknowledgedCount() + each;
                Waiting.until(publisher.clientId + " publishes", () -> publisher.acknowledgedCount() >= wanted);
            }
        }
    }

    /** Makes about every third client leave its connection and come back to the next node. */
    void moveSome(Random random) throws IOException {
        List<RoamingClient> moving =
                clients().stream().filter(client -> random.nextInt(3) == 0).toList();
        for (RoamingClient client : moving) {
            client.leaveConnection();
        }
    }

    /** Forgets the gaps so far. */
    void mark() {
        publishers.forEach(NumberedPublisher::mark);
    }

    /** The longest time that any of these publishers went without an acknowledgement since {@link #mark}. */
    long longestGapMillis(Predicate<NumberedPublisher> which) {
        return publishers.stream()
                .filter(which)
                .mapToLong(NumberedPublisher::longestGapMillis)
                .max()
                .orElse(0);
    }

    long longestGapMillis() {
        return longestGapMillis(publisher -> true);
    }

    /** Each publisher's longest gap since {@link #mark}, when it ended, and where the publisher is now: for the message of a test that fails. */
    List<String> gaps() {
        return publishers.stream()
                .map(publisher -> publisher.clientId + " " + publisher.longestGapMillis() + " ms until "
                        + publisher.longestGapEnd() + ", at port "
                        + publisher.port() + " after " + publisher.reconnects() + " reconnects")
                .toList();
    }

    /** Ends the publishing, waits for what is on its way, and checks what came. */
    void finishAndVerify(int acknowledgedMin) throws InterruptedException {
        Tally tally = finish();
        System.out.println(tally);
        assertThat(tally.faults()).as("lost, twice, out of order, or not MQTT").isEmpty();
        assertThat(tally.isKept()).as("promises kept: " + tally).isTrue();
        assertThat(publishers).allSatisfy(publisher -> assertThat(publisher.acknowledgedCount())
                .as("publishes of " + publisher.clientId)
                .isGreaterThanOrEqualTo(acknowledgedMin));
    }

    /** Ends the publishing and waits for what is on its way; what became of everything. */
    Tally finish() throws InterruptedException {
        for (NumberedPublisher publisher : publishers) {
            publisher.stopPublishing();
        }
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS_MAX);
        while (System.nanoTime() < limit && !(pending().isEmpty() && lost() == 0)) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        // What would come twice gets the time to do so.
        TimeUnit.SECONDS.sleep(1);
        return tally();
    }

    /** Waits until everything that was acknowledged before this call has come, while publishing goes on; what became of everything. */
    Tally settle() throws InterruptedException {
        List<BitSet> wanted =
                publishers.stream().map(NumberedPublisher::acknowledged).toList();
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS_MAX);
        while (System.nanoTime() < limit && lost(wanted) > 0) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return tally(wanted);
    }

    private List<String> pending() {
        List<String> pending = new ArrayList<>();
        for (NumberedPublisher publisher : publishers) {
            List<Integer> numbers = publisher.pending();
            if (!numbers.isEmpty()) {
                pending.add("handshakes not completed: " + publisher.clientId + " " + numbers);
            }
        }
        return pending;
    }

    private long lost() {
        return lost(publishers.stream().map(NumberedPublisher::acknowledged).toList());
    }

    private long lost(List<BitSet> acknowledged) {
        long lost = 0;
        for (int i = 0; i < acknowledged.size(); i++) {
            for (NumberedSubscriber subscriber : subscribers) {
                lost += subscriber
                        .missing(publishers.get(i).clientId, acknowledged.get(i))
                        .cardinality();
            }
        }
        return lost;
    }

    private Tally tally() {
        Tally tally =
                tally(publishers.stream().map(NumberedPublisher::acknowledged).toList());
        tally.faults().addAll(pending());
        return tally;
    }

    private Tally tally(List<BitSet> acknowledged) {
        List<String> faults = new ArrayList<>();
        clients().forEach(client -> faults.addAll(client.faults()));
        subscribers.forEach(subscriber -> faults.addAll(subscriber.examples()));
        for (int i = 0; i < acknowledged.size(); i++) {
            for (NumberedSubscriber subscriber : subscribers) {
                BitSet missing = subscriber.missing(publishers.get(i).clientId, acknowledged.get(i));
                if (!missing.isEmpty()) {
                    faults.add(subscriber.clientId + " lacks of " + publishers.get(i).clientId + ": "
                            + missing.stream().limit(EXAMPLES_MAX).boxed().toList() + " of "
                            + missing.cardinality());
                }
            }
        }
        return new Tally(
                acknowledged(),
                lost(acknowledged),
                subscribers.stream().mapToLong(NumberedSubscriber::twice).sum(),
                subscribers.stream().mapToLong(NumberedSubscriber::reordered).sum(),
                subscribers.stream().mapToLong(NumberedSubscriber::again).sum(),
                publishers.stream().mapToLong(NumberedPublisher::refused).sum(),
                clients().stream().mapToInt(RoamingClient::reconnects).sum(),
                faults);
    }

    @Override
    public void close() throws IOException {
        watch.shutdownNow();
        for (RoamingClient client : clients()) {
            client.close();
        }
    }
}
