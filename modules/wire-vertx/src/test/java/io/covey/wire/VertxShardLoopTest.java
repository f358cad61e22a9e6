package io.covey.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.broker.ShardLoop;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VertxShardLoopTest {
    private Vertx vertx;
    private List<ShardLoop> loops;
    private ShardLoop loop;

    @BeforeEach
    void deploy() throws Exception {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(3));
        loops = WireFixture.await(VertxLoops.deploy(vertx, 3, 0)).loops();
        loop = loops.get(0);
    }

    @AfterEach
    void close() throws Exception {
        WireFixture.await(vertx.close());
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void everyShardHasALoopOfItsOwn() throws Exception {
        Set<Thread> threads = new HashSet<>();
        for (ShardLoop one : loops) {
            CompletableFuture<Thread> thread = new CompletableFuture<>();
            one.submit(() -> thread.complete(Thread.currentThread()));
            threads.add(await(thread));
        }
        assertThat(threads).hasSize(3);
    }

    @Test
    void moreShardsThanEventLoopsAreRefused() {
        assertThatThrownBy(() -> WireFixture.await(VertxLoops.deploy(vertx, 4, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("4 shards do not fit the 3 event loops");
    }

    @Test
    void theEndOfTheTurnComesAfterTasksThatWereSubmittedBefore() throws Exception {
        List<String> order = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.submit(() -> {
            loop.submit(() -> order.add("task"));
            loop.atEndOfTurn(() -> {
                order.add("end");
                loop.atEndOfTurn(() -> order.add("end of the end"));
                loop.submit(() -> {
                    order.add("next turn");
                    done.complete(null);
                });
            });
            loop.atEndOfTurn(() -> order.add("other end"));
            loop.submit(() -> order.add("other task"));
        });

        await(done);
        assertThat(order).containsExactly("task", "other task", "end", "other end", "end of the end", "next turn");
    }

    @Test
    void anEndlessEndOfTurnLetsOthersRun() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable[] endless = new Runnable[1];
        endless[0] = () -> {
            if (!done.isDone()) {
                loop.atEndOfTurn(endless[0]);
            }
        };
        loop.submit(() -> loop.atEndOfTurn(endless[0]));
        loop.submit(() -> done.complete(null));

        await(done);
    }

    @Test
    void aDefectAtTheEndOfATurnDoesNotStopTheOthers() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.submit(() -> {
            loop.atEndOfTurn(() -> {
                throw new IllegalStateException("a defect, as this test wants");
            });
            loop.atEndOfTurn(() -> done.complete(null));
        });

        await(done);
    }

    @Test
    void delayedTasksRunOnTheLoopUnlessCalledOff() throws Exception {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        loop.submit(() -> {
            boolean[] ran = new boolean[1];
            ShardLoop.Cancellable off = loop.schedule(1, () -> ran[0] = true);
            off.cancel();
            loop.schedule(2_000, () -> done.complete(ran[0]));
        });

        assertThat(await(done)).isFalse();
    }

    @Test
    void uniqueNumbersHave63Bits() {
        Set<Long> drawn = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            long number = loop.uniqueLong();
            assertThat(number).isNotNegative();
            drawn.add(number);
        }
        assertThat(drawn).hasSize(1_000);
    }

    @Test
    void clocksGoForward() {
        long monotonic = loop.monotonicMillis();
        long before = System.currentTimeMillis();
        long cluster = loop.clusterMillis();

        assertThat(cluster).isBetween(before - 1_000, System.currentTimeMillis() + 1_000);
        assertThat(loop.monotonicMillis()).isGreaterThanOrEqualTo(monotonic);
        assertThat(loop.clusterMillis()).isGreaterThanOrEqualTo(cluster);
    }
}
