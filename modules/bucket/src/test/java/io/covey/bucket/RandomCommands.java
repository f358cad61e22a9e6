package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;

/**
 * Draws commands over a few client ids, topics and filters, so that they meet often. Epochs and sequences are mostly those that the model
 * of the bucket has at that moment, sometimes stale or unknown ones.
 */
final class RandomCommands {
    static final String[] CLIENTS = {"c0", "c1", "c2", "c3", "c4", "c5"};
    private static final String[] TOPICS = {"a", "a/b", "a/b/c", "b", "$x/a", "a//c", "d/e"};
    private static final String[] FILTERS = {"a", "a/+", "a/#", "#", "+", "a/b", "+/b/#", "b", "$x/+", "a/+/c", "d/e"};

    final RandomGenerator random;
    private final long[] nodes = {100, 101, 102};
    private long lastNode = 102;
    private int messages;

    RandomCommands(long seed) {
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    ShardAddress shard() {
        return new ShardAddress(nodes[random.nextInt(nodes.length)], random.nextInt(2));
    }

    /** One of the nodes goes, and a new one takes its place. */
    Command nodeGone() {
        int index = random.nextInt(nodes.length);
        long gone = nodes[index];
        nodes[index] = ++lastNode;
        return new Command.NodeGone(gone);
    }

    /** One command that fits the state of the model more often than not. */
    Command next(ModelBucket model, ShardAddress sender, long nowMillis) {
        String clientId = CLIENTS[random.nextInt(CLIENTS.length)];
        ModelBucket.Session session = model.sessions.get(clientId);
        long epoch = session == null ? 1 : session.epoch - (random.nextInt(20) == 0 ? 1 : 0);
        long next = session == null ? 1 : session.nextSequence;
        int kind = random.nextInt(100);
        if (kind < 30) {
            return new Command.Append(message(nowMillis, 1 + random.nextInt(2)), clientId, origin());
        } else if (kind < 50) {
            return new Command.Acknowledge(clientId, epoch, sequences(next), sequences(next));
        } else if (kind < 62) {
            return open(clientId, sender, model.lastEpoch, nowMillis);
        } else if (kind < 68) {
            long lastSent = random.nextInt(3) == 0 ? -1 : Math.max(0, next - random.nextInt(6));
            long expiry = random.nextInt(4) == 0 ? random.nextInt(20) : -1;
            return new Command.CloseSession(clientId, epoch, expiry, random.nextBoolean(), lastSent);
        } else if (kind < 78) {
            return new Command.Subscribe(clientId, epoch, subscriptions());
        }
        return rare(clientId, epoch, next, nowMillis, kind);
    }

    private Command rare(String clientId, long epoch, long next, long nowMillis, int kind) {
        if (kind < 80) {
            return new Command.Unsubscribe(clientId, epoch, List.of(filter(), filter()));
        } else if (kind < 82) {
            return new Command.Fetch(clientId, epoch, Math.max(0, next - random.nextInt(8)));
        } else if (kind < 84) {
            return new Command.Enqueue(clientId, epoch, items(nowMillis));
        } else if (kind < 86) {
            return new Command.Receive(clientId, epoch, 1 + random.nextInt(5));
        } else if (kind < 88) {
            return new Command.Release(clientId, epoch, 1 + random.nextInt(5));
        } else if (kind < 90) {
            return new Command.RaiseFloor("c:" + clientId, 1 + random.nextInt(3), random.nextInt(40));
        } else if (kind < 93) {
            return new Command.Retain(message(nowMillis, random.nextInt(3)), origin());
        } else if (kind < 94) {
            return new Command.ReadRetained(filter(), "");
        } else if (kind < 97) {
            return new Command.Tick();
        } else if (kind < 98) {
            return new Command.FinishOutbox(
                    LongStream.generate(() -> 1 + random.nextInt(50)).limit(5).toArray());
        }
        return switch (random.nextInt(6)) {
            case 0, 1 -> new Command.Settle(clientId, epoch);
            case 2 -> new Command.ReadNodes();
            default -> new Command.Describe(clientId);
        };
    }

    /** A command about Shared Subscriptions, which the model does not know. */
    Command shared(long nowMillis) {
        String filter = "$share/g/" + filter();
        String clientId = CLIENTS[random.nextInt(CLIENTS.length)];
        long number = 1 + random.nextInt(60);
        Origin origin = new Origin("o:" + random.nextInt(3), 0, number, Math.max(1, number - random.nextInt(9)));
        return switch (random.nextInt(10)) {
            case 0 -> new SharedCommand.Leave(filter, clientId, random.nextInt(3), random.nextInt(5));
            case 1 -> new SharedCommand.Away(filter, clientId, random.nextInt(5));
            case 2 -> new SharedCommand.Progress(filter, clientId, random.nextInt(3), random.nextInt(30));
            case 3 -> new SharedCommand.Settle(filter, clientId, random.nextInt(5), sequences(30), sequences(30));
            case 4 -> new SharedCommand.HandOver(filter, clientId, random.nextInt(3), message(nowMillis, 1), origin);
            case 5 -> new SharedCommand.Decline(number, random.nextBoolean(), random.nextInt(5) - 1);
            case 6 ->
                new SharedCommand.GiveBack(
                        filter,
                        clientId,
                        random.nextInt(3),
                        List.of(message(nowMillis, 1), message(nowMillis, 2)),
                        random.nextBoolean(),
                        origin);
            case 7 ->
                new Command.Append(
                        message(nowMillis, 1 + random.nextInt(2)), clientId, null, List.of(filter, "$share/g/a"));
            default ->
                new SharedCommand.Join(
                        filter,
                        clientId,
                        random.nextInt(3),
                        random.nextInt(5),
                        shard(),
                        random.nextBoolean(),
                        QoS.of(random.nextInt(3)),
                        1 + random.nextInt(4),
                        random.nextInt(30) - 1);
        };
    }

    private Command open(String clientId, ShardAddress sender, long lastEpoch, long nowMillis) {
        long[] expiries = {0, 5, 20, 0xFFFF_FFFFL};
        Will will = random.nextInt(3) > 0
                ? null
                : new Will(message(nowMillis, random.nextInt(3)), random.nextInt(3) * 4L, random.nextInt(3) - 1);
        return new Command.OpenSession(
                clientId,
                sender,
                random.nextInt(5) == 0,
                expiries[random.nextInt(expiries.length)],
                1 + random.nextInt(4),
                will,
                turn(lastEpoch));
    }

    /** Of a first attempt, of one that asks nobody, or one that was given lately. */
    private long turn(long lastEpoch) {
        return switch (random.nextInt(3)) {
            case 0 -> Command.OpenSession.AT_ONCE;
            case 1 -> Command.OpenSession.FIRST;
            default -> Math.max(1, lastEpoch - random.nextInt(12));
        };
    }

    Message message(long nowMillis, int qos) {
        Properties.Builder properties = Properties.builder();
        if (random.nextInt(4) == 0) {
            properties.add(Property.CONTENT_TYPE, "text").addUserProperty("k", "v" + messages);
        }
        messages++;
        String text = random.nextInt(10) == 0 ? "" : "m" + messages;
        return new Message(
                TOPICS[random.nextInt(TOPICS.length)],
                text.getBytes(StandardCharsets.UTF_8),
                QoS.of(qos),
                random.nextBoolean(),
                properties.build(),
                nowMillis,
                random.nextInt(3) == 0 ? nowMillis + random.nextInt(10_000) : Message.NEVER);
    }

    private Origin origin() {
        if (random.nextInt(3) > 0) {
            return null;
        }
        long number = 1 + random.nextInt(40);
        long floor = Math.max(1, number - random.nextInt(10));
        return Origin.ofClient(CLIENTS[random.nextInt(2)], 1 + random.nextInt(3), number, floor);
    }

    private long[] sequences(long next) {
        return LongStream.generate(() -> Math.max(0, next - random.nextInt(8)))
                .limit(random.nextInt(4))
                .toArray();
    }

    private String filter() {
        return FILTERS[random.nextInt(FILTERS.length)];
    }

    private List<Subscription> subscriptions() {
        List<Subscription> subscriptions = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            subscriptions.add(new Subscription(
                    filter(),
                    QoS.of(random.nextInt(3)),
                    random.nextInt(4) == 0,
                    random.nextInt(3) == 0,
                    random.nextInt(3),
                    random.nextInt(4) * 1_000));
        }
        return subscriptions;
    }

    private List<Command.Enqueue.Item> items(long nowMillis) {
        List<Command.Enqueue.Item> items = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int[] ids = random.nextBoolean() ? new int[0] : new int[] {1 + random.nextInt(9)};
            QoS qos = QoS.of(1 + random.nextInt(2));
            items.add(new Command.Enqueue.Item(message(nowMillis, 2), qos, random.nextBoolean(), ids));
        }
        return items;
    }
}
