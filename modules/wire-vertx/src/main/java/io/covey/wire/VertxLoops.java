package io.covey.wire;

import io.covey.broker.ShardLoop;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * The event loops that shards run on: one verticle each, every one on a loop of its own. Shard {@code i} is served by loop {@code i} to the
 * end of the process, or until the verticles are undeployed with the {@link Vertx}.
 */
public final class VertxLoops {
    private final Vertx vertx;
    private final List<VertxShardLoop> loops;

    private VertxLoops(Vertx vertx, List<VertxShardLoop> loops) {
        this.vertx = vertx;
        this.loops = List.copyOf(loops);
    }

    /**
     * Deploys the verticles.
     *
     * @param shards how many loops; fails when the Vert.x instance has fewer event loops
     * @param turnIntervalMicros in a crowd of connections a turn of a loop begins so long after the end of the one before, at the soonest; 0:
     *     at once
     */
    public static Future<VertxLoops> deploy(Vertx vertx, int shards, int turnIntervalMicros) {
        int available = 0;
        for (Object loop : ((VertxInternal) vertx).nettyEventLoopGroup()) {
            available += loop instanceof EventLoop ? 1 : 0;
        }
        if (shards < 1 || shards > available) {
            return Future.failedFuture(
                    new IllegalArgumentException(shards + " shards do not fit the " + available + " event loops"));
        }
        // The first buffer makes Netty register its flight recorder events, some 100 ms that no event loop should
        // spend.
        ByteBufAllocator.DEFAULT.directBuffer().release();
        Promise<VertxLoops> done = Promise.promise();
        deployNext(vertx, shards, turnIntervalMicros, available, new ArrayList<>(), done);
        return done.future();
    }

    /** Vert.x deals event loops in turn to all that is deployed, so a loop that came twice is given back and the next one tried. */
    private static void deployNext(
            Vertx vertx,
            int shards,
            int turnIntervalMicros,
            int triesLeft,
            List<VertxShardLoop> found,
            Promise<VertxLoops> done) {
        if (found.size() == shards) {
            done.complete(new VertxLoops(vertx, found));
            return;
        }
        if (triesLeft < 0) {
            done.fail(new IllegalStateException("Vert.x did not deal " + shards + " different event loops"));
            return;
        }
        ShardVerticle verticle = new ShardVerticle();
        vertx.deployVerticle(verticle)
                .compose(id -> {
                    Context context = verticle.context();
                    if (isTaken(context, found)) {
                        return vertx.undeploy(id).map(false);
                    }
                    found.add(new VertxShardLoop(found.size(), context, turnIntervalMicros));
                    return Future.succeededFuture(true);
                })
                .onSuccess(isNew ->
                        deployNext(vertx, shards, turnIntervalMicros, isNew ? triesLeft : triesLeft - 1, found, done))
                .onFailure(done::fail);
    }

    private static boolean isTaken(Context context, List<VertxShardLoop> found) {
        EventLoop loop = ((ContextInternal) context).nettyEventLoop();
        return found.stream().anyMatch(other -> other.eventLoop() == loop);
    }

    /** The loops in the order of their shards. */
    public List<ShardLoop> loops() {
        return List.copyOf(loops);
    }

    /** The Vert.x context of a shard's loop, for adapters that call Vert.x from it. */
    public Context context(int shard) {
        return loops.get(shard).context();
    }

    /** What went over the wires of a shard's loop; from any thread. */
    public LoopTraffic traffic(int shard) {
        return loops.get(shard).traffic();
    }

    Vertx vertx() {
        return vertx;
    }

    List<VertxShardLoop> shardLoops() {
        return loops;
    }

    /** Holds the context that listeners are opened on. */
    private static final class ShardVerticle extends AbstractVerticle {
        Context context() {
            return context;
        }
    }
}
