package io.covey.wire;

import io.covey.broker.ShardLoop;
import io.covey.protocol.ByteWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Vert.x event loop as a shard's loop. One turn of it is: the reads of all ready sockets, then the tasks that were submitted, then what
 * was put off to the end of the turn, at the very end one flush for each connection that something was sent to.
 *
 * <p>Delays below a millisecond are rounded up to one by the NIO transport.
 */
final class VertxShardLoop implements ShardLoop {
    private static final Logger LOG = LoggerFactory.getLogger(VertxShardLoop.class);

    /** What ends a turn can make more work for its end; after this many rounds the sockets are read again first. */
    private static final int ROUNDS_MAX = 4;

    private static final int SCRATCH_BYTES = 512;
    private static final int SCRATCH_KEPT_BYTES_MAX = 1 << 16;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private final int shard;
    private final Context context;
    private final SingleThreadEventLoop eventLoop;
    private final SecureRandom random = new SecureRandom();
    private final ClusterClock clock = new ClusterClock(System::currentTimeMillis, System::nanoTime);

    private final LoopTraffic traffic = new LoopTraffic();
    private final TurnPacing pacing;
    private final Runnable turnEnd = this::endTurn;
    private boolean turnEndAwaited;

    /** The loop's thread while it rests between two turns. */
    private volatile @Nullable Thread resting;

    /** Set by others before they look who rests, and read by the loop after it said that it does: one of the two sees the other. */
    private volatile boolean restEnds;

    private ArrayList<Runnable> ending = new ArrayList<>();
    private ArrayList<Runnable> endingSpare = new ArrayList<>();
    private ArrayList<MqttChannel> unflushed = new ArrayList<>();
    private ArrayList<MqttChannel> unflushedSpare = new ArrayList<>();

    private ByteWriter scratch = new ByteWriter(SCRATCH_BYTES);
    private byte @Nullable [] sharedPayload;
    private @Nullable ByteBuf sharedBytes;

    VertxShardLoop(int shard, Context context, int turnIntervalMicros) {
        this.shard = shard;
        pacing = new TurnPacing(turnIntervalMicros * NANOS_PER_MICRO, System.nanoTime());
        this.context = context;
        eventLoop = (SingleThreadEventLoop) ((ContextInternal) context).nettyEventLoop();
    }

    int shard() {
        return shard;
    }

    LoopTraffic traffic() {
        return traffic;
    }

    Context context() {
        return context;
    }

    SingleThreadEventLoop eventLoop() {
        return eventLoop;
    }

    @Override
    public void submit(Runnable task) {
        eventLoop.execute(task);
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        assert eventLoop.inEventLoop();
        ending.add(task);
        awaitTurnEnd();
    }

    /** Calls {@link MqttChannel#endTurn} after everything else of this turn; the caller sees to it that this is asked once. */
    void flushAtEndOfTurn(MqttChannel channel) {
        assert eventLoop.inEventLoop();
        unflushed.add(channel);
        awaitTurnEnd();
    }

    private void awaitTurnEnd() {
        if (!turnEndAwaited) {
            turnEndAwaited = true;
            eventLoop.executeAfterEventLoopIteration(turnEnd);
        }
    }

    private void endTurn() {
        for (int round = 0; round < ROUNDS_MAX && !(ending.isEmpty() && unflushed.isEmpty()); round++) {
            runEnding();
            if (ending.isEmpty() || round == ROUNDS_MAX - 1) {
                flushAll();
            }
        }
        forgetSharedPayload();
        turnEndAwaited = !(ending.isEmpty() && unflushed.isEmpty());
        if (turnEndAwaited) {
            // As a task of the next turn: this one does not end while there is something to do at its end.
            eventLoop.execute(turnEnd);
            return;
        }
        long pauseNanos = pacing.pauseNanos(System.nanoTime());
        if (pauseNanos > 0) {
            resting = Thread.currentThread();
            if (!restEnds) {
                LockSupport.parkNanos(pauseNanos);
            }
            resting = null;
            pacing.resumed(System.nanoTime());
        }
        restEnds = false;
    }

    @Override
    public void endRest() {
        restEnds = true;
        Thread rests = resting;
        if (rests != null) {
            LockSupport.unpark(rests);
        }
    }

    /**
     * A connection has something to do in this turn.
     *
     * @param countedIn what this method returned for the connection the last time, 0 at first
     */
    int count(int countedIn) {
        awaitTurnEnd();
        return pacing.count(countedIn);
    }

    private void runEnding() {
        ArrayList<Runnable> tasks = ending;
        ending = endingSpare;
        for (int i = 0; i < tasks.size(); i++) {
            try {
                tasks.get(i).run();
            } catch (RuntimeException | AssertionError defect) {
                // As the event loop does with submitted tasks: one defect must not stop the work of all others.
                LOG.error("a task at the end of a turn failed; shard={}", shard, defect);
            }
        }
        tasks.clear();
        endingSpare = tasks;
    }

    private void flushAll() {
        ArrayList<MqttChannel> channels = unflushed;
        unflushed = unflushedSpare;
        for (int i = 0; i < channels.size(); i++) {
            MqttChannel channel = channels.get(i);
            try {
                channel.endTurn();
            } catch (RuntimeException | AssertionError defect) {
                channel.failed(defect);
            }
        }
        channels.clear();
        unflushedSpare = channels;
    }

    /** A writer for the encoding of one packet, empty. */
    ByteWriter scratch() {
        if (scratch.array().length > SCRATCH_KEPT_BYTES_MAX) {
            scratch = new ByteWriter(SCRATCH_BYTES);
        }
        return scratch.clear();
    }

    /**
     * The payload in direct memory, as the socket needs it: made once for all receivers of a message in this turn. The caller owns the
     * result, which shares its bytes.
     */
    ByteBuf shared(byte[] payload, ByteBufAllocator allocator) {
        ByteBuf bytes = sharedBytes;
        if (bytes == null || sharedPayload != payload) {
            forgetSharedPayload();
            bytes = allocator.directBuffer(payload.length, payload.length).writeBytes(payload);
            sharedBytes = bytes;
            sharedPayload = payload;
            awaitTurnEnd();
        }
        return bytes.retainedDuplicate();
    }

    private void forgetSharedPayload() {
        ByteBuf bytes = sharedBytes;
        if (bytes != null) {
            sharedBytes = null;
            sharedPayload = null;
            bytes.release();
        }
    }

    @Override
    public Cancellable schedule(long delayMicros, Runnable task) {
        assert eventLoop.inEventLoop();
        ScheduledFuture<?> scheduled = eventLoop.schedule(() -> runTimed(task), delayMicros, TimeUnit.MICROSECONDS);
        return () -> scheduled.cancel(false);
    }

    /** Netty would put a defect into a future that nobody looks at. */
    private void runTimed(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError defect) {
            LOG.error("a timed task failed; shard={}", shard, defect);
        }
    }

    @Override
    public long monotonicMillis() {
        return System.nanoTime() / NANOS_PER_MILLI;
    }

    @Override
    public long monotonicMicros() {
        return System.nanoTime() / NANOS_PER_MICRO;
    }

    @Override
    public boolean isCrowded() {
        return pacing.isCrowded();
    }

    @Override
    public long clusterMillis() {
        return clock.millis();
    }

    @Override
    public long uniqueLong() {
        return random.nextLong() & Long.MAX_VALUE;
    }
}
