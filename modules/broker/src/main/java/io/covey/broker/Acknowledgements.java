package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * What one client has acknowledged and its bucket does not know yet: collected while the lane is busy or lingers, sent as one command.
 * Bounded by what is handed to the connection, at most 65,534 sequences. Owned by the shard's loop.
 */
final class Acknowledgements {
    /** With this many waiting while the bucket has more for the client, they are not lazy any more. */
    private static final int HASTEN_AT = 32;

    private static final long[] NONE = {};

    private final Lane lane;
    private final String clientId;
    private final long epoch;
    private final Confirmed confirmed;
    private long[] released = new long[8];
    private int releasedCount;
    private long[] received = NONE;
    private int receivedCount;
    private boolean listed;
    private boolean moreWaits;

    /** Takes the result of one command. */
    interface Confirmed {
        /** The bucket knows these PUBRECs (in the order in which they came), and what it hands out next. */
        void acknowledged(long[] received, Result result);
    }

    Acknowledgements(Lane lane, String clientId, long epoch, Confirmed confirmed) {
        this.lane = lane;
        this.clientId = clientId;
        this.epoch = epoch;
        this.confirmed = confirmed;
    }

    /** The client is done with a sequence. */
    void released(long sequence) {
        if (releasedCount == released.length) {
            released = Arrays.copyOf(released, releasedCount * 2);
        }
        released[releasedCount++] = sequence;
        list();
        if (moreWaits && releasedCount == HASTEN_AT) {
            lane.hasten();
        }
    }

    /** PUBREC came; its client waits for PUBREL. */
    void received(long sequence) {
        if (receivedCount == received.length) {
            received = Arrays.copyOf(received, Math.max(8, receivedCount * 2));
        }
        received[receivedCount++] = sequence;
        list();
        lane.hasten();
    }

    /** Whether the bucket has messages for the session that were not handed for lack of room. */
    void moreWaits(boolean now) {
        moreWaits = now;
    }

    private void list() {
        if (!listed) {
            listed = true;
            lane.submit(this);
        }
    }

    /** Moves what was collected into a batch. */
    void take(List<Command> commands, List<Consumer<? super Result>> handlers) {
        listed = false;
        long[] arrived = receivedCount == 0 ? NONE : Arrays.copyOf(received, receivedCount);
        Command command = command(arrived);
        commands.add(command);
        handlers.add(result -> confirmed.acknowledged(arrived, result));
    }

    /** Queues what was collected behind what is queued already, before a command that must not overtake it. */
    void flush() {
        if (listed) {
            listed = false;
            lane.withdraw(this);
            long[] arrived = receivedCount == 0 ? NONE : Arrays.copyOf(received, receivedCount);
            lane.submit(command(arrived), true, result -> confirmed.acknowledged(arrived, result));
        }
    }

    private Command command(long[] arrived) {
        long[] done = Arrays.copyOf(released, releasedCount);
        Arrays.sort(done);
        long[] ascending = arrived.clone();
        Arrays.sort(ascending);
        releasedCount = 0;
        receivedCount = 0;
        return new Command.Acknowledge(clientId, epoch, done, ascending);
    }
}
