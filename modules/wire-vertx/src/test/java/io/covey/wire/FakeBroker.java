package io.covey.wire;

import io.covey.broker.ClientConnection;
import io.covey.broker.ClientInput;
import io.covey.broker.ShardLoop;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** The broker's side of the wire: records what comes in and lets a test, or a script, answer. */
final class FakeBroker implements ConnectionAcceptor {
    /** Longer than a busy machine stands still. */
    static final long PATIENCE_SECONDS = 30;

    private final BlockingQueue<Client> accepted = new LinkedBlockingQueue<>();
    private final BiConsumer<Client, ControlPacket> script;
    private List<ShardLoop> loops = List.of();

    FakeBroker() {
        this((client, packet) -> {});
    }

    /** With what a client's packets are answered, on the client's loop. */
    FakeBroker(BiConsumer<Client, ControlPacket> script) {
        this.script = script;
    }

    void loops(List<ShardLoop> shardLoops) {
        loops = shardLoops;
    }

    @Override
    public ClientInput connect(int shard, ClientConnection wire) {
        Client client = new Client(shard, wire);
        accepted.add(client);
        return client;
    }

    /** The next connection. */
    Client accepted() throws InterruptedException {
        Client client = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (client == null) {
            throw new AssertionError("no connection came");
        }
        return client;
    }

    boolean hasAccepted() {
        return !accepted.isEmpty();
    }

    /** One connection as the broker sees it. */
    final class Client implements ClientInput {
        final int shard;
        final ClientConnection wire;
        final Thread thread = Thread.currentThread();
        final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

        Client(int shard, ClientConnection wire) {
            this.shard = shard;
            this.wire = wire;
        }

        @Override
        public void packet(ControlPacket packet) {
            event(packet);
            script.accept(this, packet);
        }

        @Override
        public void violated(ProtocolViolation violation, ProtocolVersion version) {
            event(violation);
        }

        @Override
        public void writable(boolean writable) {
            event(writable ? "writable" : "unwritable");
        }

        @Override
        public void lost() {
            event("lost");
        }

        private void event(Object event) {
            events.add(Thread.currentThread() == thread ? event : "on a foreign thread: " + event);
        }

        /** The next event. */
        Object event() throws InterruptedException {
            Object event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("nothing came");
            }
            return event;
        }

        /** Runs the task on the connection's loop. */
        void run(Runnable task) {
            loops.get(shard).submit(task);
        }

        /** Runs the task on the connection's loop, and waits until it is done. */
        void runAndWait(Runnable task) throws InterruptedException {
            BlockingQueue<Object> done = new LinkedBlockingQueue<>();
            run(() -> {
                try {
                    task.run();
                    done.add("done");
                } catch (RuntimeException | Error failure) {
                    done.add(failure);
                }
            });
            Object outcome = done.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!"done".equals(outcome)) {
                throw new AssertionError("task on the loop: " + outcome, outcome instanceof Throwable t ? t : null);
            }
        }
    }
}
