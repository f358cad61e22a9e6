package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEffect;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TickerTest {
    private static final int TICK = 500;

    private record Submitted(int partition, Command command, Consumer<Result> confirmed) {}

    private record Published(int partition, long number, Runnable done) {}

    private final List<Submitted> submitted = new ArrayList<>();
    private final List<Published> published = new ArrayList<>();
    private final Ticker ticker = new Ticker(TICK, new BucketCommands() {
        @Override
        public int partitionCount() {
            return 4;
        }

        @Override
        public void submit(int partition, Command command, boolean urgent, Consumer<Result> confirmed) {
            submitted.add(new Submitted(partition, command, confirmed));
        }

        @Override
        public void publish(int partition, OutboxEntry entry, Runnable done) {
            published.add(new Published(partition, entry.number(), done));
        }
    });
    private long now = 10_000;

    private void later(int millis) {
        for (int i = 0; i < millis; i += 20) {
            now += 20;
            ticker.tick(now);
        }
    }

    private List<Submitted> take(Class<? extends Command> type) {
        List<Submitted> taken =
                submitted.stream().filter(s -> type.isInstance(s.command)).toList();
        submitted.removeAll(taken);
        return taken;
    }

    private List<Submitted> ticks() {
        return submitted.stream().filter(s -> s.command instanceof Command.Tick).toList();
    }

    private void answerTicks(long... outbox) {
        List<OutboxEntry> entries = new ArrayList<>();
        Message will = new Message("t", new byte[0], QoS.AT_LEAST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
        for (long number : outbox) {
            entries.add(new OutboxEntry(number, 1, new OutboxEffect.Publish("c", will)));
        }
        take(Command.Tick.class).forEach(tick -> tick.confirmed.accept(new Result.Ticked(entries)));
    }

    @Test
    void ownedBucketsAreTickedOnceAtATime() {
        ticker.owned(new int[] {1, 3}, now);
        later(TICK);
        assertThat(ticks()).extracting(Submitted::partition).containsExactlyInAnyOrder(1, 3);
        later(3 * TICK);
        assertThat(ticks()).hasSize(2);

        answerTicks();
        later(3 * TICK);
        assertThat(ticks()).hasSize(2);
        ticker.owned(new int[] {}, now);
        answerTicks();
        later(3 * TICK);
        assertThat(ticks()).isEmpty();
    }

    @Test
    void everyOwnedBucketIsToldOfEveryDepartedNode() {
        ticker.owned(new int[] {0}, now);
        ticker.departed(7);
        ticker.departed(7);
        later(TICK);
        List<Submitted> told = take(Command.NodeGone.class);
        assertThat(told).extracting(Submitted::command).containsExactly(new Command.NodeGone(7));

        ticker.departed(8);
        ticker.owned(new int[] {0, 1}, now);
        later(TICK);

        told = take(Command.NodeGone.class);
        assertThat(told)
                .extracting(Submitted::partition, Submitted::command)
                .containsExactlyInAnyOrder(
                        tuple(0, new Command.NodeGone(8)),
                        tuple(1, new Command.NodeGone(7)),
                        tuple(1, new Command.NodeGone(8)));
    }

    private void answerNodes(Long... nodes) {
        take(Command.ReadNodes.class).forEach(asked -> asked.confirmed.accept(new Result.Nodes(List.of(nodes))));
    }

    /** As where its owner saw the node leave, and ended before it could tell. */
    @Test
    void aNodeThatTheBucketKnowsAndNobodyElseIsGoneAfterAWhile() {
        ticker.members(List.of(1L, 2L));
        ticker.owned(new int[] {0}, now);
        for (int round = 0; round < 2; round++) {
            later(Ticker.NODES_MILLIS);
            answerNodes(1L, 7L);
        }
        later(Ticker.NODES_MILLIS - 20);
        assertThat(take(Command.NodeGone.class)).isEmpty();

        later(20);
        answerNodes(1L, 7L);
        later(20);

        assertThat(take(Command.NodeGone.class))
                .extracting(Submitted::command)
                .containsExactly(new Command.NodeGone(7));
        assertThat(ticker.departed()).containsExactly(7L);
    }

    /** Its first batch may come before the news that it is a member. */
    @Test
    void aNodeThatIsAMemberMeanwhileIsNotGone() {
        ticker.members(List.of(1L));
        ticker.owned(new int[] {0}, now);
        later(2 * Ticker.NODES_MILLIS);
        answerNodes(1L, 7L);
        ticker.members(List.of(1L, 7L));
        for (int round = 0; round < 5; round++) {
            later(Ticker.NODES_MILLIS);
            answerNodes(1L, 7L);
        }
        ticker.members(List.of(1L));
        later(Ticker.NODES_MILLIS);
        answerNodes(1L, 7L);
        later(20);

        assertThat(take(Command.NodeGone.class)).isEmpty();
    }

    @Test
    void departedNodesAreBounded() {
        ticker.owned(new int[] {0}, now);
        for (long node = 0; node < 3 * Ticker.DEPARTED_MAX; node++) {
            ticker.departed(node);
            later(20);
        }

        assertThat(ticker.departed()).hasSize(Ticker.DEPARTED_MAX).endsWith(3L * Ticker.DEPARTED_MAX - 1);
        assertThat(take(Command.NodeGone.class)).hasSize(3 * Ticker.DEPARTED_MAX);
    }

    @Test
    void anOutboxEntryIsLeftToItsCreatorAtFirstAndThenPublishedOnce() {
        ticker.owned(new int[] {0}, now);
        for (int millis = 0; millis < Ticker.OUTBOX_GRACE_MILLIS; millis += TICK) {
            later(TICK);
            answerTicks(5);
            assertThat(published).isEmpty();
        }
        for (int i = 0; i < 4; i++) {
            later(TICK);
            answerTicks(5);
        }
        assertThat(published).extracting(Published::number).containsExactly(5L);

        published.get(0).done.run();
        later(TICK);
        answerTicks(5);
        List<Submitted> finish = take(Command.FinishOutbox.class);
        assertThat(((Command.FinishOutbox) finish.get(0).command).numbers()).containsExactly(5);
        finish.get(0).confirmed.accept(new Result.Done());
        later(2 * TICK);
        answerTicks();
        assertThat(published).hasSize(1);
    }

    @Test
    void entriesInWorkAreBoundedAndFinishedTogether() {
        long[] numbers = new long[200];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
        }
        ticker.owned(new int[] {0}, now);
        for (int i = 0; i < 10; i++) {
            later(TICK);
            answerTicks(numbers);
        }
        assertThat(published).hasSize(Ticker.OUTBOX_IN_WORK_MAX);

        published.forEach(entry -> entry.done.run());
        List<Submitted> first = take(Command.FinishOutbox.class);
        assertThat(first).hasSize(1);
        first.get(0).confirmed.accept(new Result.Done());
        List<Submitted> rest = take(Command.FinishOutbox.class);

        assertThat(((Command.FinishOutbox) rest.get(0).command).numbers()).hasSize(Ticker.OUTBOX_IN_WORK_MAX - 1);
    }
}
