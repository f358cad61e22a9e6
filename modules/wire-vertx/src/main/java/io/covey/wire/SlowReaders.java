package io.covey.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The connections of one loop that bytes wait for beyond their turn. Owned by the loop.
 *
 * <p>Each alone is bounded by its high mark; this bounds how long one may take nothing, and what waits for all of the node together: beyond
 * that those are closed that have waited longest. A persistent session loses nothing by it.
 */
final class SlowReaders {
    private static final long SWEEP_MILLIS = 100;

    private final VertxShardLoop loop;
    private final ConnectionGate gate;
    private List<MqttChannel> waiting = new ArrayList<>();
    private boolean sweeping;

    SlowReaders(VertxShardLoop loop, ConnectionGate gate) {
        this.loop = loop;
        this.gate = gate;
    }

    /** Bytes wait for a channel that is not listed yet. */
    void list(MqttChannel channel, long pendingBytes) {
        waiting.add(channel);
        channel.waitsSince(gate.nanos(), pendingBytes);
        gate.addOutput(pendingBytes);
        if (!sweeping) {
            sweeping = true;
            sweepLater();
        }
    }

    private void sweepLater() {
        var unused = loop.eventLoop().schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        long now = gate.nanos();
        List<MqttChannel> swept = waiting;
        List<MqttChannel> left = new ArrayList<>(swept.size());
        waiting = left;
        for (MqttChannel channel : swept) {
            long before = channel.waitingBytes();
            long pending = channel.pendingBytes();
            gate.addOutput(pending - before);
            if (pending == 0) {
                channel.waitsNoMore();
                continue;
            }
            if (pending < before) {
                channel.waitsSince(now, pending);
            } else {
                channel.waits(pending);
            }
            left.add(channel);
        }
        close(now);
        sweeping = !waiting.isEmpty();
        if (sweeping) {
            sweepLater();
        }
    }

    private void close(long now) {
        List<MqttChannel> looked = waiting; // the longest listed first
        waiting = new ArrayList<>(looked.size());
        for (MqttChannel channel : looked) {
            if (now - channel.waitsSinceNanos() >= gate.sendTimeoutNanos()) {
                close(channel, ConnectionGate.Slowness.TIMEOUT);
            } else if (gate.isOutputAboveMax()) {
                close(channel, ConnectionGate.Slowness.MEMORY);
            } else {
                waiting.add(channel);
            }
        }
    }

    private void close(MqttChannel channel, ConnectionGate.Slowness reason) {
        gate.addOutput(-channel.waitingBytes());
        channel.waitsNoMore();
        gate.closed(channel.listener(), reason);
        MqttChannel.closeNow(channel.channel());
    }
}
