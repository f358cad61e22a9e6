package io.covey.broker;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one shard's commands to one partition's bucket: a queue, and one batch in flight. Owned by the shard's loop.
 *
 * <p>Commands are applied in the order in which they were submitted: a batch whose fate is unknown is repeated as it is until it succeeds,
 * and nothing overtakes it. Acknowledgements wait apart, merged by session, and go first in the next batch.
 *
 * <table><caption>States</caption>
 * <tr><td>idle</td><td>nothing waits, or what waits is lingering for company</td></tr>
 * <tr><td>in flight</td><td>a batch is on its way; everything else collects</td></tr>
 * <tr><td>backing off</td><td>the batch in flight failed and will be sent again</td></tr>
 * <tr><td>closed</td><td>the incarnation is over; nothing is sent and no answer is acted on</td></tr></table>
 */
final class Lane implements BucketGateway.Answer, Congestion {
    /** The attempt from which on the owner is told that the backups may need repair. */
    static final int REPAIR_FROM_ATTEMPT = 3;

    private static final int BACK_OFF_FIRST_MICROS = 10_000;
    /** So much later than it could a batch goes through at most, when its partition is served again within some seconds, and later. */
    private static final int BACK_OFF_SOON_MAX_MICROS = 100_000;

    private static final int BACK_OFF_MAX_MICROS = 500_000;

    /** From this attempt on, after some five seconds, the pauses are the long ones. */
    private static final int BACK_OFF_MAX_FROM_ATTEMPT = 50;

    private static final long NEVER = Long.MAX_VALUE;

    private final Lanes lanes;
    private final int partition;

    private final ArrayDeque<Command> commands = new ArrayDeque<>();
    private final ArrayDeque<Consumer<? super Result>> handlers = new ArrayDeque<>();
    private final ArrayDeque<Acknowledgements> acknowledgements = new ArrayDeque<>();
    private final ArrayList<ShardConnection> paused = new ArrayList<>();
    private long waitingBytes;

    /** When the oldest urgent command, and the oldest at all, is to leave at the latest. */
    private long urgentDueMicros = NEVER;

    private long lazyDueMicros = NEVER;
    private ShardLoop.@Nullable Cancellable timer;
    private long timerDueMicros = NEVER;
    private boolean tickAwaited;

    private @Nullable Batch inFlight;
    private final ArrayList<Consumer<? super Result>> awaiting = new ArrayList<>();
    private long sentAtMicros;
    private long lastSequence;
    private int attempts;
    private boolean answering;
    private boolean closed;

    Lane(Lanes lanes, int partition) {
        this.lanes = lanes;
        this.partition = partition;
    }

    /** A handler that also waits until the routes of its batch are known everywhere. */
    record Routed(Consumer<? super Result> confirmed, Runnable live) implements Consumer<Result> {
        @Override
        public void accept(Result result) {
            confirmed.accept(result);
        }
    }

    /** Queues a command; its result comes once its batch is confirmed under a lease that is still held, or never. */
    void submit(Command command, boolean urgent, Consumer<? super Result> handler) {
        if (closed) {
            return;
        }
        commands.add(command);
        handlers.add(handler);
        long bytes = command.sizeBytes();
        waitingBytes += bytes;
        lanes.waiting(bytes);
        arrived(urgent);
    }

    /** Lists a session's acknowledgements for the next batch, once until they are taken. */
    void submit(Acknowledgements merged) {
        if (!closed) {
            acknowledgements.add(merged);
            arrived(false);
        }
    }

    /** Takes acknowledgements off the list: they are sent another way. */
    void withdraw(Acknowledgements merged) {
        acknowledgements.remove(merged);
    }

    /** Someone waits for what is listed already. */
    void hasten() {
        arrived(true);
    }

    private void arrived(boolean urgent) {
        boolean atEndOfTurn = false;
        if (urgent && urgentDueMicros == NEVER) {
            long now = lanes.loop.monotonicMicros();
            urgentDueMicros = lanes.urgentDueMicros(now);
            atEndOfTurn = urgentDueMicros == now;
        } else if (!urgent && lazyDueMicros == NEVER) {
            lazyDueMicros =
                    lanes.loop.monotonicMicros() + lanes.settings.batching().lazyLingerMicros();
        } else if (commands.size() < lanes.settings.batching().commandsMax()) {
            return; // whoever came first has set the time
        }
        if (inFlight == null && !answering) {
            pump(atEndOfTurn);
        }
    }

    /** The beat that all lanes wait for. */
    void tick() {
        tickAwaited = false;
        pump(false);
    }

    /** Sends what is due, or sees to it that it is sent when it is. */
    private void pump(boolean atEndOfTurn) {
        if (inFlight != null || answering || closed) {
            return;
        }
        long due = Math.min(urgentDueMicros, lazyDueMicros);
        if (due == NEVER) {
            return;
        }
        if (commands.size() >= lanes.settings.batching().commandsMax()) {
            send();
        } else if (atEndOfTurn) {
            lanes.loop.atEndOfTurn(() -> pump(false));
        } else {
            long now = lanes.loop.monotonicMicros();
            if (due <= now) {
                send();
            } else if (due == urgentDueMicros) {
                awaitTick(due - now);
            } else {
                arm(due, due - now);
            }
        }
    }

    private void awaitTick(long delayMicros) {
        if (!tickAwaited) {
            tickAwaited = true;
            lanes.awaitTick(this, delayMicros);
        }
    }

    private void arm(long dueMicros, long delayMicros) {
        if (timer != null) {
            if (timerDueMicros <= dueMicros) {
                return;
            }
            timer.cancel();
        }
        timerDueMicros = dueMicros;
        timer = lanes.loop.schedule(delayMicros, () -> {
            timer = null;
            timerDueMicros = NEVER;
            pump(false);
        });
    }

    private void disarm() {
        if (timer != null) {
            timer.cancel();
            timer = null;
            timerDueMicros = NEVER;
        }
    }

    private void send() {
        disarm();
        int max = lanes.settings.batching().commandsMax();
        List<Command> taken = new ArrayList<>(Math.min(max, commands.size() + acknowledgements.size()));
        // Neither kind starves the other: half of the batch is for each where both wait.
        int acknowledgementsMax = max - Math.min(commands.size(), max / 2);
        while (taken.size() < acknowledgementsMax && !acknowledgements.isEmpty()) {
            acknowledgements.remove().take(taken, awaiting);
        }
        long bytes = 0;
        while (taken.size() < max && !commands.isEmpty()) {
            long next = commands.element().sizeBytes();
            if (bytes > 0 && bytes + next > lanes.settings.batching().bytesMax()) {
                break;
            }
            bytes += next;
            taken.add(commands.remove());
            awaiting.add(handlers.remove());
        }
        waitingBytes -= bytes;
        lanes.waiting(-bytes);
        sentAtMicros = lanes.loop.monotonicMicros();
        // What did not fit has waited long enough: it leaves with the next batch.
        urgentDueMicros = commands.isEmpty() ? NEVER : sentAtMicros;
        lazyDueMicros = acknowledgements.isEmpty() ? NEVER : sentAtMicros;
        attempts = 0;
        lastSequence++;
        attempt(new Batch(lanes.self, lastSequence, lanes.loop.clusterMillis(), Collections.unmodifiableList(taken)));
    }

    private void attempt(Batch batch) {
        inFlight = batch;
        attempts++;
        lanes.gateway.submit(partition, batch, attempts >= REPAIR_FROM_ATTEMPT, this);
    }

    @Override
    public void confirmed(BatchResult result) {
        Batch batch = inFlight;
        if (closed || batch == null || !lanes.leaseHeld()) {
            return; // [I9]: what was confirmed too late is not acted on
        }
        assert result.results().size() == batch.commands().size() : "a result for each command";
        inFlight = null;
        lanes.events.batchConfirmed(batch.commands().size(), lanes.loop.monotonicMicros() - sentAtMicros);
        answering = true;
        announce(result, answer(result.results()));
        for (int i = 0; i < result.outbox().size(); i++) {
            lanes.outbox.accept(partition, result.outbox().get(i));
        }
        answering = false;
        pump(false);
        resumePaused();
        lanes.resumePaused();
    }

    /** Hands each result to its handler, and collects who also waits for the routes. */
    private @Nullable List<Runnable> answer(List<Result> results) {
        List<Runnable> live = null;
        for (int i = 0; i < results.size() && !closed; i++) {
            Consumer<? super Result> handler = awaiting.get(i);
            handler.accept(results.get(i));
            if (handler instanceof Routed routed) {
                live = live == null ? new ArrayList<>() : live;
                live.add(routed.live());
            }
        }
        awaiting.clear();
        return live;
    }

    private void announce(BatchResult result, @Nullable List<Runnable> live) {
        if (live != null) {
            lanes.announcer.partitionRoutes(
                    lanes.self.shard(), partition, result.routes(), () -> live.forEach(Runnable::run));
        } else if (result.routes().changed()) {
            lanes.announcer.partitionRoutes(lanes.self.shard(), partition, result.routes(), null);
        }
    }

    @Override
    public void refused(Refusal refusal) {
        if (refusal == Refusal.SEQUENCE_GAP) {
            if (!closed) {
                lanes.incarnationOver.accept("bucket " + partition + " has forgotten this incarnation");
            }
        } else {
            repeat(refusal.name());
        }
    }

    @Override
    public void unknown(String cause) {
        repeat(cause);
    }

    private void repeat(String cause) {
        Batch batch = inFlight;
        if (closed || batch == null || !lanes.leaseHeld()) {
            return;
        }
        lanes.events.batchRepeated(cause);
        lanes.loop.schedule(backOffMicros(), () -> {
            if (!closed) {
                attempt(batch);
            }
        });
    }

    private int backOffMicros() {
        if (attempts >= BACK_OFF_MAX_FROM_ATTEMPT) {
            return BACK_OFF_MAX_MICROS;
        }
        int doublings = Math.min(attempts - 1, 6);
        return Math.min(BACK_OFF_FIRST_MICROS << doublings, BACK_OFF_SOON_MAX_MICROS);
    }

    /** What publishers towards it are to pause for: this lane, or all together, where too much waits; or null. */
    @Nullable
    Congestion congestion() {
        if (commands.size() >= lanes.settings.waiting().laneCommandsMax() / 2
                || waitingBytes >= lanes.settings.waiting().laneBytesMax()) {
            return this;
        }
        return lanes.isAboveMark() ? lanes : null;
    }

    /** Whether no new client can be served. */
    boolean isFull() {
        return commands.size() >= lanes.settings.waiting().laneCommandsMax();
    }

    @Override
    public void resumeLater(ShardConnection connection) {
        paused.add(connection);
    }

    private void resumePaused() {
        if (paused.isEmpty()
                || commands.size() > lanes.settings.waiting().laneCommandsMax() / 4
                || waitingBytes > lanes.settings.waiting().laneBytesMax() / 2) {
            return;
        }
        List<ShardConnection> resumed = new ArrayList<>(paused);
        paused.clear();
        resumed.forEach(ShardConnection::resume);
    }

    /** Whether nothing waits and nothing is in flight. */
    boolean isIdle() {
        return inFlight == null && commands.isEmpty() && acknowledgements.isEmpty();
    }

    /** Drops everything without an answer. */
    void close() {
        closed = true;
        disarm();
        lanes.waiting(-waitingBytes);
        waitingBytes = 0;
        commands.clear();
        handlers.clear();
        acknowledgements.clear();
        paused.clear();
    }
}
