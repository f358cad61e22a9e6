package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/**
 * A group, and members whose sessions live in other buckets, under random connects, ends, lost nodes, late and repeated effects: nothing that
 * was accepted is lost, and nothing of QoS 2 comes to two sessions [MQTT 5.0, 4.8.2].
 */
class SharedDistributionTest {
    private static final long SEED = 4_711;
    private static final int RUNS = 60;
    private static final int STEPS = 500;
    private static final String FILTER = "$share/g/t";
    private static final int CLIENTS = 5;
    private static final int TRANSIENT_CLIENTS = 2;

    @Test
    void eachMessageIsCompletedOnceByOneMember() {
        for (int run = 0; run < RUNS; run++) {
            new Run(SEED + run).play();
        }
    }

    /** A connected client, as its shard sees it. */
    private static final class Client {
        private final String id;
        private final boolean isTransient;
        private ShardAddress shard;
        private long epoch;
        private long incarnation;
        /** Handed and not sent, by sequence. */
        private final TreeMap<Long, QueueEntry> handed = new TreeMap<>();

        private final Map<Long, QueueEntry> sent = new LinkedHashMap<>();
        private final Map<Long, String> loans = new LinkedHashMap<>();
        private long lastSent;
        private boolean subscribed;

        private Client(String id, boolean isTransient) {
            this.id = id;
            this.isTransient = isTransient;
        }
    }

    private static final class Run {
        private final long seed;
        private final RandomGenerator random;
        private final TestBucket[] buckets = {new TestBucket(), new TestBucket(), new TestBucket()};
        private final List<Client> clients = new ArrayList<>();
        private final Set<String> accepted = new TreeSet<>();
        /** Who was sent a message, as session. */
        private final Map<String, Set<String>> sentTo = new LinkedHashMap<>();

        private final Set<String> completed = new TreeSet<>();
        /** Of QoS 2, sent to a session that ended. */
        private final Set<String> gone = new TreeSet<>();

        private final Set<Long> offersSeen = new LinkedHashSet<>();
        private final Set<Long> goneNodes = new TreeSet<>();
        private long nodes = 10;
        private long transientEpochs = 1_000;
        private int messages;

        private Run(long seed) {
            this.seed = seed;
            random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client("c" + i, i >= CLIENTS - TRANSIENT_CLIENTS));
            }
        }

        private TestBucket home(Client client) {
            return buckets[Integer.parseInt(client.id.substring(1)) % buckets.length];
        }

        private <T extends Result> T run(TestBucket bucket, Command command) {
            if (random.nextInt(40) == 0) {
                bucket.restart();
            }
            return random.nextInt(10) == 0 ? bucket.run(command) : bucket.runQuietly(command);
        }

        private void play() {
            connect(clients.get(0));
            for (int i = 0; i < STEPS; i++) {
                step();
            }
            drain();
            Set<String> lost = new TreeSet<>(accepted);
            lost.removeAll(completed);
            lost.removeAll(gone);
            assertThat(lost).as("seed %d: lost of %d", seed, accepted.size()).isEmpty();
            sentTo.forEach((text, sessions) -> {
                if (text.startsWith("two")) {
                    assertThat(sessions)
                            .as("seed %d: %s was sent to", seed, text)
                            .hasSizeLessThanOrEqualTo(1);
                }
            });
        }

        private void step() {
            Client client = clients.get(random.nextInt(CLIENTS));
            switch (random.nextInt(12)) {
                case 0, 1, 2 -> publish();
                case 3, 4, 5 -> effect(random.nextInt(buckets.length), random.nextInt(3) == 0);
                case 6, 7, 8 -> progress(client);
                case 9 -> {
                    if (client.shard == null) {
                        connect(client);
                    }
                }
                case 10 -> {
                    if (client.shard != null) {
                        leave(client);
                    }
                }
                default -> {
                    if (client.shard != null && random.nextInt(3) == 0) {
                        nodeGone(client.shard.node());
                    }
                }
            }
        }

        private void publish() {
            boolean two = random.nextBoolean();
            String text = (two ? "two" : "one") + messages++;
            QoS qos = two ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            Result.Appended appended =
                    run(buckets[0], new Command.Append(buckets[0].message("t", text, qos), "p", null, List.of(FILTER)));
            if (appended.matched() > 0 && appended.dropped() == 0) {
                accepted.add(text);
            }
        }

        private void connect(Client client) {
            client.shard = new ShardAddress(nodes + random.nextInt(2), 0);
            long completedBefore = -1;
            if (client.isTransient) {
                client.epoch = ++transientEpochs;
                client.incarnation = client.epoch;
            } else {
                // The first client keeps its session, so that the group goes on.
                boolean clean = !client.id.equals("c0") && random.nextInt(3) == 0;
                Result.Opened opened = run(
                        home(client),
                        new Command.OpenSession(
                                client.id,
                                client.shard,
                                clean,
                                TestBucket.NEVER_EXPIRES,
                                4,
                                null,
                                Command.OpenSession.AT_ONCE));
                if (!opened.sessionPresent()) {
                    sessionEnded(client);
                }
                client.epoch = opened.epoch();
                client.incarnation = opened.incarnation();
                client.handed.clear();
                client.lastSent = Deliveries.sentBefore(opened);
                opened.entries().forEach(entry -> client.handed.put(entry.sequence(), entry));
                run(
                        home(client),
                        new Command.Subscribe(
                                client.id, client.epoch, List.of(TestBucket.subscription(FILTER, QoS.EXACTLY_ONCE))));
                completedBefore =
                        opened.shares().isEmpty() ? -1 : opened.shares().get(0).completed();
            }
            client.subscribed = true;
            run(
                    buckets[0],
                    new SharedCommand.Join(
                            FILTER,
                            client.id,
                            client.incarnation,
                            client.epoch,
                            client.shard,
                            !client.isTransient,
                            QoS.EXACTLY_ONCE,
                            3,
                            completedBefore));
        }

        /** The client works off what it has been handed. */
        private void progress(Client client) {
            if (client.shard == null) {
                return;
            }
            if (client.isTransient) {
                client.loans.entrySet().removeIf(loan -> {
                    if (random.nextBoolean()) {
                        return false;
                    }
                    completed.add(loan.getValue());
                    settle(client, List.of(loan.getKey()), List.of());
                    return true;
                });
                return;
            }
            while (!client.handed.isEmpty() && random.nextInt(4) > 0) {
                QueueEntry entry = client.handed.pollFirstEntry().getValue();
                client.lastSent = Math.max(client.lastSent, entry.sequence());
                sent(client, TestBucket.text(entry.message()));
                client.sent.put(entry.sequence(), entry);
            }
            List<Long> released = new ArrayList<>();
            client.sent.values().removeIf(entry -> {
                boolean done = random.nextBoolean();
                if (done) {
                    completed.add(TestBucket.text(entry.message()));
                    released.add(entry.sequence());
                }
                return done;
            });
            long[] sequences = released.stream().mapToLong(Long::longValue).toArray();
            Result.Handed handed =
                    run(home(client), new Command.Acknowledge(client.id, client.epoch, sequences, new long[0]));
            handed.entries().forEach(entry -> client.handed.put(entry.sequence(), entry));
            report(client, handed);
        }

        private void report(Client client, Result.Handed handed) {
            for (Result.ShareProgress share : handed.shares()) {
                run(
                        buckets[0],
                        new SharedCommand.Progress(share.filter(), client.id, client.incarnation, share.completed()));
            }
        }

        private void sent(Client client, String text) {
            sentTo.computeIfAbsent(text, key -> new TreeSet<>()).add(client.id + "/" + client.incarnation);
        }

        private void settle(Client client, List<Long> done, List<Long> returned) {
            run(
                    buckets[0],
                    new SharedCommand.Settle(
                            FILTER,
                            client.id,
                            client.epoch,
                            done.stream().mapToLong(Long::longValue).toArray(),
                            returned.stream().mapToLong(Long::longValue).toArray()));
        }

        /** The connection ends in order, known to its shard. */
        private void leave(Client client) {
            if (client.isTransient) {
                // QoS 2 was sent: nobody else may have it.
                List<Long> done = new ArrayList<>();
                List<Long> returned = new ArrayList<>();
                client.loans.forEach((number, text) -> {
                    if (text.startsWith("two")) {
                        gone.add(text);
                        done.add(number);
                    } else {
                        returned.add(number);
                    }
                });
                settle(client, done, returned);
                client.loans.clear();
                run(buckets[0], new SharedCommand.Leave(FILTER, client.id, client.incarnation, client.epoch));
            } else {
                run(home(client), new Command.CloseSession(client.id, client.epoch, -1, false, client.lastSent));
                if (random.nextBoolean()) {
                    run(buckets[0], new SharedCommand.Away(FILTER, client.id, client.epoch));
                } // else the end of its node will tell
            }
            client.handed.clear();
            client.shard = null;
        }

        private void nodeGone(long node) {
            for (TestBucket bucket : buckets) {
                run(bucket, new Command.NodeGone(node));
            }
            for (Client client : clients) {
                if (client.shard != null && client.shard.node() == node) {
                    client.loans.values().stream()
                            .filter(text -> text.startsWith("two"))
                            .forEach(gone::add);
                    // What was handed to a node that is gone counts as sent.
                    client.handed.values().forEach(entry -> {
                        sent(client, TestBucket.text(entry.message()));
                        client.sent.put(entry.sequence(), entry);
                    });
                    client.loans.clear();
                    client.handed.clear();
                    client.shard = null;
                }
            }
            // Loans that were on their way to it are lost at QoS 2.
            lostOffers(node);
            goneNodes.add(node);
            nodes += 2;
        }

        private void lostOffers(long node) {
            for (OutboxEntry entry : buckets[0].tick()) {
                if (entry.effect() instanceof OutboxEffect.Offer offer
                        && offer.shard().node() == node) {
                    String text = TestBucket.text(offer.message());
                    if (text.startsWith("two")) {
                        gone.add(text);
                    }
                }
            }
        }

        private void sessionEnded(Client client) {
            client.sent.values().forEach(entry -> {
                String text = TestBucket.text(entry.message());
                if (text.startsWith("two") && !completed.contains(text)) {
                    gone.add(text);
                }
            });
            client.sent.clear();
        }

        /** Brings about an effect that is due; where its finishing is lost, it comes about again. */
        private boolean effect(int index, boolean finishingLost) {
            List<OutboxEntry> open = buckets[index].tick();
            if (open.isEmpty()) {
                return false;
            }
            OutboxEntry entry = open.get(random.nextInt(open.size()));
            Command answer = new Command.FinishOutbox(new long[] {entry.number()});
            Origin origin = Origin.ofOutbox(index, entry);
            if (entry.effect() instanceof OutboxEffect.HandOver over) {
                Client client = clients.get(Integer.parseInt(over.clientId().substring(1)));
                Result.HandedOver result = run(
                        home(client),
                        new SharedCommand.HandOver(
                                over.filter(), over.clientId(), over.incarnation(), over.message(), origin));
                for (Result.Delivery delivery : result.deliveries()) {
                    if (delivery.epoch() == client.epoch && client.shard != null) {
                        client.handed.put(
                                delivery.sequence(),
                                new QueueEntry(
                                        delivery.sequence(),
                                        over.message(),
                                        delivery.qos(),
                                        false,
                                        delivery.subscriptionIds(),
                                        QueueEntry.State.HANDED,
                                        false));
                    }
                }
                if (!result.taken()) {
                    answer = new SharedCommand.Decline(entry.number(), result.gone(), result.awayEpoch());
                }
            } else if (entry.effect() instanceof OutboxEffect.Offer offer) {
                offered(entry.number(), offer);
            } else if (entry.effect() instanceof OutboxEffect.GiveBack back) {
                run(
                        buckets[0],
                        new SharedCommand.GiveBack(
                                back.filter(),
                                back.clientId(),
                                back.incarnation(),
                                back.messages(),
                                back.left(),
                                origin));
            }
            if (!finishingLost) {
                run(buckets[index], answer);
            }
            return true;
        }

        private void offered(long number, OutboxEffect.Offer offer) {
            Client client = clients.get(Integer.parseInt(offer.clientId().substring(1)));
            if (goneNodes.contains(offer.shard().node()) || !offersSeen.add(number)) {
                return; // its node is gone, or it has it
            }
            if (client.shard != null && client.epoch == offer.epoch()) {
                client.loans.put(number, TestBucket.text(offer.message()));
                sent(client, TestBucket.text(offer.message()));
            } else {
                run(
                        buckets[0],
                        new SharedCommand.Settle(
                                FILTER, offer.clientId(), offer.epoch(), new long[0], new long[] {number}));
            }
        }

        /** Everybody is there and works until nothing is left. */
        private void drain() {
            for (int i = 0; i < 600; i++) {
                for (int index = 0; index < buckets.length; index++) {
                    effect(index, false);
                }
                for (Client client : clients) {
                    if (client.shard == null) {
                        connect(client);
                    }
                    progress(client);
                }
            }
        }
    }

    /** What the session's connection knows of what was sent before. */
    private static final class Deliveries {
        private static long sentBefore(Result.Opened opened) {
            for (QueueEntry entry : opened.entries()) {
                if (!entry.dup()) {
                    return entry.sequence() - 1;
                }
            }
            return opened.nextSequence() - 1;
        }
    }
}
