package io.covey.bucket;

import io.covey.protocol.Message;

/** A message that one or more queue entries share: held once, written once, counted once in the bucket's ledger. */
final class HeldMessage {
    private final Message message;
    private final int sizeBytes;
    private int holders;

    /** Where the snapshot that is being written has put it; meaningful only to the pass that set it. */
    private int snapshotIndex = -1;

    private long snapshotPass = -1;

    HeldMessage(Message message) {
        this.message = message;
        this.sizeBytes = message.sizeBytes();
    }

    Message message() {
        return message;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    /** One more entry holds it; the first one pays. */
    void hold(Ledger ledger) {
        if (holders++ == 0) {
            ledger.add(sizeBytes);
        }
    }

    /** One entry less; with the last one the bytes are free. */
    void letGo(Ledger ledger) {
        if (--holders == 0) {
            ledger.add(-sizeBytes);
        }
    }

    /** Its index in the snapshot of this pass, or -1 when it is not in it yet. */
    int snapshotIndex(long pass) {
        return snapshotPass == pass ? snapshotIndex : -1;
    }

    /** Remembers its index in the snapshot of this pass. */
    void indexInSnapshot(long pass, int index) {
        snapshotPass = pass;
        snapshotIndex = index;
    }
}
