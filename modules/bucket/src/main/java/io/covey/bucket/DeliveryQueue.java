package io.covey.bucket;

import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a persistent session: entries handed to its connection, then entries that wait. Sequences are given when an entry is handed,
 * without gaps, so that the connection knows what comes next; released ones leave holes until the lowest is released.
 *
 * <p>Bounds: {@link BucketLimits#queueMessagesMax} and {@link BucketLimits#queueBytesMax} for all of it, and for the handed part the
 * window given with each call, {@link #HANDED_BYTES_MAX} and the number of Packet Identifiers.
 */
final class DeliveryQueue {
    /** Bytes handed and not released; one message is handed in any case. */
    static final long HANDED_BYTES_MAX = 4L << 20;

    /** Sequences between the lowest unreleased and the next must have different Packet Identifiers. */
    static final int PACKET_IDS = 65_535;

    private final Ledger ledger;
    private final EntryRing handed = new EntryRing();
    private final EntryRing waiting = new EntryRing();
    private long lowestSequence = 1;
    private int inFlight;
    private long inFlightBytes;
    private long bytes;

    /** Sequences below were handed to an earlier connection, which may have sent them. */
    private long dupBelow = 1;

    /** No waiting entry expires before this; a lower bound, found anew by {@link #expire}. */
    private long earliestExpiryMillis = Message.NEVER;

    private long droppedByLimit;
    private long droppedByExpiry;

    DeliveryQueue(Ledger ledger) {
        this.ledger = ledger;
    }

    /** The first sequence that is not handed. */
    long nextSequence() {
        return lowestSequence + handed.size();
    }

    /** Handed and not released. */
    int inFlight() {
        return inFlight;
    }

    /** Not handed yet. */
    int waiting() {
        return waiting.size();
    }

    int messages() {
        return inFlight + waiting.size();
    }

    long bytes() {
        return bytes;
    }

    long earliestExpiryMillis() {
        return earliestExpiryMillis;
    }

    long droppedByLimit() {
        return droppedByLimit;
    }

    long droppedByExpiry() {
        return droppedByExpiry;
    }

    /** Counts a message that the limits kept out. */
    void countDroppedByLimit() {
        droppedByLimit++;
        ledger.countDroppedByQueueLimit();
    }

    /** Counts a message that has expired. */
    void countDroppedByExpiry() {
        droppedByExpiry++;
        ledger.countDroppedByExpiry();
    }

    /** When the oldest message was published, or -1 when there is none. */
    long oldestPublishedAtMillis() {
        QueuedMessage oldest = !handed.isEmpty() ? handed.at(0) : !waiting.isEmpty() ? waiting.at(0) : null;
        return oldest == null ? -1 : oldest.held().message().publishedAtMillis();
    }

    /** Whether one more entry of this size is within the limits. */
    boolean admits(long entryBytes, BucketLimits limits) {
        return limits.queueAdmits(messages(), bytes, entryBytes);
    }

    /**
     * Makes room for one more entry of this size where the overflow rule drops older ones; these are counted.
     *
     * @return whether there is room now
     */
    boolean makeRoom(long entryBytes, BucketLimits limits) {
        if (admits(entryBytes, limits)) {
            return true;
        }
        if (limits.queueOverflow() != QueueOverflow.DROP_OLDEST
                || !limits.queueAdmits(inFlight, inFlightBytes, entryBytes)) {
            return false; // what was handed may have been sent, and stays
        }
        while (!admits(entryBytes, limits)) {
            if (waiting.isEmpty() || Objects.requireNonNull(waiting.at(0)).share() != null) {
                return false; // what came from a group could go to another member
            }
            drop(Objects.requireNonNull(waiting.removeFirst()));
            countDroppedByLimit();
        }
        return true;
    }

    /**
     * Adds an entry, and hands it at once when nothing waits before it and the window has room.
     *
     * @param window how many may be handed; 0 without a connection
     * @return its sequence, or 0 when it waits
     */
    long add(QueuedMessage entry, int window) {
        charge(entry);
        if (waiting.isEmpty() && windowAdmits(entry, window)) {
            return hand(entry);
        }
        waiting.addLast(entry);
        noteExpiry(entry);
        return 0;
    }

    /** Whether something waits that the window has room for. */
    boolean couldHand(int window) {
        return !waiting.isEmpty() && windowAdmits(Objects.requireNonNull(waiting.at(0)), window);
    }

    /** Hands what waits as far as the window has room, dropping what has expired instead. */
    void handOut(int window, long nowMillis, List<QueueEntry> out) {
        while (window > 0 && !waiting.isEmpty()) {
            QueuedMessage next = Objects.requireNonNull(waiting.at(0));
            if (next.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
                waiting.removeFirst();
                drop(next);
                countDroppedByExpiry();
            } else if (windowAdmits(next, window)) {
                waiting.removeFirst();
                out.add(next.entry(hand(next), false));
            } else {
                return;
            }
        }
    }

    /** Lists what is handed and not released, from this sequence on. */
    void listHanded(long fromSequence, List<QueueEntry> out) {
        long from = Math.max(fromSequence, lowestSequence);
        for (long sequence = from; sequence < nextSequence(); sequence++) {
            QueuedMessage entry = handed.at((int) (sequence - lowestSequence));
            if (entry != null) {
                out.add(entry.entry(sequence, sequence < dupBelow));
            }
        }
    }

    /** Removes a handed entry for good; unknown sequences and repeats do nothing. */
    void release(long sequence) {
        QueuedMessage entry = handedAt(sequence);
        if (entry == null) {
            return;
        }
        handed.replace((int) (sequence - lowestSequence), null);
        inFlight--;
        inFlightBytes -= entry.queueBytes();
        drop(entry);
        while (!handed.isEmpty() && handed.at(0) == null) {
            handed.removeFirst();
            lowestSequence++;
        }
    }

    /** PUBREC came for a handed entry; unknown sequences, repeats and entries of QoS 1 do nothing. */
    void markReceived(long sequence) {
        QueuedMessage entry = handedAt(sequence);
        if (entry != null) {
            entry.markReceived();
        }
    }

    /** A new connection takes over: whatever is handed may have been sent by an earlier one. */
    void reopen() {
        dupBelow = nextSequence();
    }

    /**
     * Turns entries that the connection did not send into waiting ones. What an earlier connection may have sent stays handed, since its
     * sequence, hence its Packet Identifier, belongs to that message for good.
     */
    void takeBack(long lastSentSequence) {
        long keepBelow = Math.max(lastSentSequence + 1, dupBelow);
        while (!handed.isEmpty() && nextSequence() > keepBelow) {
            QueuedMessage last = handed.at(handed.size() - 1);
            if (last == null || last.received()) {
                return; // It was acknowledged, so it was sent.
            }
            handed.removeLast();
            inFlight--;
            inFlightBytes -= last.queueBytes();
            waiting.addFirst(last);
            noteExpiry(last);
        }
    }

    /**
     * Drops waiting entries that have expired [MQTT-3.3.2-5]; what was handed may have been sent and stays [MQTT-4.3.3-7].
     *
     * @return how many entries were looked at
     */
    int expire(long nowMillis) {
        int scanned = waiting.size();
        boolean dropped = false;
        earliestExpiryMillis = Message.NEVER;
        for (int i = 0; i < scanned; i++) {
            QueuedMessage entry = Objects.requireNonNull(waiting.at(i));
            if (entry.isExpired(nowMillis)) {
                waiting.replace(i, null);
                drop(entry);
                countDroppedByExpiry();
                dropped = true;
            } else {
                noteExpiry(entry);
            }
        }
        if (dropped) {
            waiting.compact();
        }
        return scanned;
    }

    /** Gives back everything: the session ends. */
    void clear() {
        while (!handed.isEmpty()) {
            QueuedMessage entry = handed.removeLast();
            if (entry != null) {
                drop(entry);
            }
        }
        while (!waiting.isEmpty()) {
            drop(Objects.requireNonNull(waiting.removeLast()));
        }
    }

    /** Writes the queue into a snapshot. */
    void write(SnapshotWriter snapshot) {
        snapshot.out()
                .varLong(lowestSequence)
                .varLong(dupBelow)
                .i64(earliestExpiryMillis)
                .varLong(droppedByLimit)
                .varLong(droppedByExpiry)
                .varInt(handed.size());
        for (int i = 0; i < handed.size(); i++) {
            snapshot.entry(handed.at(i));
        }
        snapshot.out().varInt(waiting.size());
        for (int i = 0; i < waiting.size(); i++) {
            snapshot.entry(waiting.at(i));
        }
    }

    /** Takes over what {@link #write} wrote. */
    void read(SnapshotReader snapshot) {
        lowestSequence = snapshot.in().varLong();
        dupBelow = snapshot.in().varLong();
        earliestExpiryMillis = snapshot.in().i64();
        droppedByLimit = snapshot.in().varLong();
        droppedByExpiry = snapshot.in().varLong();
        for (int i = Lists.count(snapshot.in()); i > 0; i--) {
            QueuedMessage entry = snapshot.entry();
            handed.addLast(entry);
            if (entry != null) {
                charge(entry);
                inFlight++;
                inFlightBytes += entry.queueBytes();
            }
        }
        for (int i = Lists.count(snapshot.in()); i > 0; i--) {
            QueuedMessage entry = Objects.requireNonNull(snapshot.entry());
            charge(entry);
            waiting.addLast(entry);
        }
    }

    /** Takes the entries of a group that wait and were never sent out of the queue, oldest first. */
    void takeWaiting(Share share, List<Message> out) {
        int before = out.size();
        for (int i = 0; i < waiting.size(); i++) {
            QueuedMessage entry = Objects.requireNonNull(waiting.at(i));
            if (entry.share() == share) {
                out.add(entry.held().message());
                waiting.replace(i, null);
                drop(entry);
            }
        }
        if (out.size() > before) {
            waiting.compact();
        }
    }

    /** Lists the messages of a group that were handed at QoS 1 and are not released, oldest first. */
    void listHandedAtLeastOnce(Share share, List<Message> out) {
        for (int i = 0; i < handed.size(); i++) {
            QueuedMessage entry = handed.at(i);
            if (entry != null && entry.share() == share && entry.qos() == QoS.AT_LEAST_ONCE) {
                out.add(entry.held().message());
            }
        }
    }

    private void charge(QueuedMessage entry) {
        Share share = entry.share();
        if (share != null) {
            share.entryCame();
        }
        entry.held().hold(ledger);
        ledger.add(entry.ownBytes());
        ledger.queued(entry.queueBytes());
        bytes += entry.queueBytes();
    }

    private @Nullable QueuedMessage handedAt(long sequence) {
        return sequence < lowestSequence || sequence >= nextSequence()
                ? null
                : handed.at((int) (sequence - lowestSequence));
    }

    private boolean windowAdmits(QueuedMessage entry, int window) {
        return inFlight < window
                && handed.size() < PACKET_IDS
                && (inFlight == 0 || inFlightBytes + entry.queueBytes() <= HANDED_BYTES_MAX);
    }

    private long hand(QueuedMessage entry) {
        long sequence = nextSequence();
        handed.addLast(entry);
        inFlight++;
        inFlightBytes += entry.queueBytes();
        return sequence;
    }

    private void drop(QueuedMessage entry) {
        Share share = entry.share();
        if (share != null) {
            share.entryWent();
        }
        bytes -= entry.queueBytes();
        ledger.add(-entry.ownBytes());
        ledger.unqueued(entry.queueBytes());
        entry.held().letGo(ledger);
    }

    private void noteExpiry(QueuedMessage entry) {
        earliestExpiryMillis =
                Math.min(earliestExpiryMillis, entry.held().message().expiresAtMillis());
    }
}
