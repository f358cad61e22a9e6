package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random commands to the groups of a bucket and to {@link ModelGroups}: both give the same messages to the same members in the same order. */
class SharedGroupModelTest {
    private static final long SEED = 90_210;
    private static final int RUNS = 40;
    private static final int BATCHES = 400;
    private static final BucketLimits LIMITS = new BucketLimits(6, 1 << 30, 1L << 40, 3, 10_000);
    private static final String[] FILTERS = {"$share/g/a", "$share/h/a/#"};

    @ParameterizedTest
    @EnumSource(QueueOverflow.class)
    void aBucketServesItsGroupsLikeItsModel(QueueOverflow overflow) {
        for (int run = 0; run < RUNS; run++) {
            new Run(SEED + run, LIMITS.withQueueOverflow(overflow)).play();
        }
    }

    private static final class Run {
        private final long seed;
        private final BucketLimits limits;
        private final RandomCommands commands;
        private final ModelGroups model;
        private final Set<String> routes = new TreeSet<>();
        private Bucket bucket;
        private long now = 1_000_000;
        private long lastOrigin;

        Run(long seed, BucketLimits limits) {
            this.seed = seed;
            this.limits = limits;
            commands = new RandomCommands(seed);
            model = new ModelGroups(limits);
            bucket = new Bucket(limits);
        }

        private void play() {
            for (int i = 1; i <= BATCHES; i++) {
                now += random(4) == 0 ? random(2_000) : 0;
                model.begin(now);
                List<Command> batch = new ArrayList<>();
                List<Result> expected = new ArrayList<>();
                for (int k = random(3); k >= 0; k--) {
                    Command command = next();
                    batch.add(command);
                    expected.add(model.apply(command));
                }
                if (random(50) == 0) {
                    bucket = TestBucket.copy(bucket, limits);
                }
                BatchOutcome.Applied applied = (BatchOutcome.Applied) bucket.apply(
                        new Batch(new ShardAddress(1, 0), i, now, batch),
                        new Standing(9, Standing.ALONE, true, node -> true, now));
                check(applied.result(), expected, "seed %d, batch %d: %s".formatted(seed, i, batch));
            }
        }

        private void check(BatchResult result, List<Result> expected, String context) {
            assertThat(render(result.outbox())).as(context).isEqualTo(render(model.created()));
            for (int i = 0; i < expected.size(); i++) {
                if (expected.get(i) instanceof Result.Appended) {
                    assertThat(result.results().get(i)).as(context).isEqualTo(expected.get(i));
                }
            }
            routes.addAll(result.routes().added());
            routes.removeAll(result.routes().removed());
            assertThat(routes).as(context).isEqualTo(model.routes());
            BucketFigures figures = bucket.figures();
            assertThat(figures.queuedMessages()).as(context).isEqualTo(model.queued());
            assertThat(figures.droppedByQueueLimit()).as(context).isEqualTo(model.droppedByLimit);
            assertThat(figures.droppedByExpiry()).as(context).isEqualTo(model.droppedByExpiry);
        }

        private static List<String> render(List<OutboxEntry> entries) {
            List<String> rendered = new ArrayList<>();
            for (OutboxEntry entry : entries) {
                ByteWriter out = new ByteWriter(64);
                entry.effect().write(out);
                rendered.add(entry.number() + " from " + entry.lowest() + ": " + entry.effect() + " "
                        + Arrays.hashCode(out.toByteArray()));
            }
            return rendered;
        }

        private int random(int bound) {
            return commands.random.nextInt(bound);
        }

        /** A command that fits the state of the model more often than not. */
        private Command next() {
            String filter = FILTERS[random(FILTERS.length)];
            String clientId = RandomCommands.CLIENTS[random(4)];
            ModelGroups.Group group = model.groups.get(filter);
            ModelGroups.Member member = group == null ? null : group.members.get(clientId);
            long incarnation = member == null ? 1 : member.incarnation + (random(10) == 0 ? 1 : 0);
            long epoch = member == null ? 1 : Math.max(0, member.epoch + random(3) - 1);
            switch (random(20)) {
                case 0, 1, 2:
                    return new SharedCommand.Join(
                            filter,
                            clientId,
                            incarnation,
                            epoch,
                            commands.shard(),
                            random(3) > 0,
                            QoS.of(random(3)),
                            1 + random(4),
                            random(3) == 0 || member == null ? -1 : member.completed + random(3));
                case 3:
                    return random(2) == 0
                            ? new SharedCommand.Leave(filter, clientId, incarnation, epoch)
                            : new SharedCommand.Away(filter, clientId, epoch);
                case 4, 5, 6:
                    long completed = member == null ? 0 : member.completed + random((int) room(member) + 1);
                    return new SharedCommand.Progress(filter, clientId, incarnation, completed);
                case 7, 8, 9:
                    return new SharedCommand.Settle(filter, clientId, epoch, loans(group), loans(group));
                case 10:
                    return new SharedCommand.Decline(outboxNumber(), random(4) == 0, random(2) == 0 ? -1 : epoch);
                case 11:
                    return giveBack(filter, clientId, incarnation);
                case 12, 13:
                    return new Command.FinishOutbox(new long[] {outboxNumber(), outboxNumber()});
                case 14:
                    return random(6) == 0 ? commands.nodeGone() : new Command.Tick();
                default:
                    List<String> to = random(3) == 0 ? List.of(FILTERS) : List.of(filter);
                    return new Command.Append(commands.message(now, 1 + random(2)), "p", null, to);
            }
        }

        private static long room(ModelGroups.Member member) {
            return Math.max(0, member.assigned - member.completed);
        }

        private long[] loans(ModelGroups.Group group) {
            return group == null
                    ? new long[0]
                    : group.lent.keySet().stream()
                            .filter(number -> random(3) == 0)
                            .mapToLong(Long::longValue)
                            .toArray();
        }

        private long outboxNumber() {
            List<Long> numbers = List.copyOf(model.outbox.keySet());
            return numbers.isEmpty() ? 1 : numbers.get(random(numbers.size()));
        }

        private Command giveBack(String filter, String clientId, long incarnation) {
            List<Message> messages = new ArrayList<>();
            for (int i = random(3); i >= 0; i--) {
                messages.add(commands.message(now, 1 + random(2)));
            }
            long number = Math.max(1, lastOrigin + (random(4) == 0 ? 0 : 1));
            lastOrigin = number;
            Origin origin = random(4) == 0 ? null : new Origin("o:1", 0, number, Math.max(1, number - 3));
            return new SharedCommand.GiveBack(filter, clientId, incarnation, messages, random(3) == 0, origin);
        }
    }
}
