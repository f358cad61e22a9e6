package io.covey.storage;

import java.io.IOException;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that holds space for the log and for snapshots. Where a device has none left, because of this node or of others, the file gives way piece by
 * piece: so acknowledgements, deliveries and ends of sessions can still be written while new messages are refused. The last half of it is for compaction
 * only: with new snapshots the log can be cut, so that what was delivered makes room for what is to be delivered. The log takes from it
 * under its own lock; the compactor fills it up again once there is space.
 */
final class Reserve {
    static final String FILE = "covey.reserve";

    private static final int PIECE_BYTES_MAX = 1 << 20;
    private static final int PIECE_BYTES_MIN = 512;
    private static final int PIECES = 32;

    private static final Logger LOG = LoggerFactory.getLogger(Reserve.class);

    private final Disk disk;
    private final long bytesMax;
    private final int pieceBytes;
    private Disk.@Nullable Output output;
    /** Changed under the lock. */
    private volatile long held;

    private boolean lacking;

    Reserve(Disk disk, long bytesMax) {
        this.disk = disk;
        this.bytesMax = bytesMax;
        this.pieceBytes = (int) Math.max(PIECE_BYTES_MIN, Math.min(PIECE_BYTES_MAX, bytesMax / PIECES));
    }

    /** Something that is written whole or not at all. */
    interface Write {
        void run() throws IOException;
    }

    /** Writes; where the device has no room, in what the reserve gives up for it, but for the half that is kept for compaction. */
    void lend(long bytes, Write write) throws IOException {
        lend(bytes, forCompaction(), write);
    }

    /** Writes what a compaction begins with; where the device has no room, in a part of what is kept for it. */
    void lendToBegin(long bytes, Write write) throws IOException {
        lend(bytes, forCompaction() - forCompaction() / 4, write);
    }

    /** Writes what makes room in the end; where the device has none, in what the reserve gives up for it. */
    void lendAll(long bytes, Write write) throws IOException {
        lend(bytes, 0, write);
    }

    private void lend(long bytes, long leave, Write write) throws IOException {
        // Else the log would use what was given up for a snapshot, and in the end there were none.
        if (held < leave && disk.usableBytes() - bytes < leave - held) {
            throw new IOException("what is left of the reserve is kept for compaction");
        }
        while (true) {
            try {
                write.run();
                return;
            } catch (IOException failure) {
                if (!release(bytes, leave)) {
                    throw failure;
                }
            }
        }
    }

    private long forCompaction() {
        return bytesMax / 2;
    }

    /** Gives up at least so many bytes, where that many are left. Whether anything was given up. */
    private synchronized boolean release(long bytes, long leave) throws IOException {
        if (held <= leave || output == null) {
            return false;
        }
        long left = Math.max(leave, held - Math.max(bytes, pieceBytes));
        output.cut(left);
        held = left;
        lacking = true;
        return true;
    }

    /** Whether some of it was given up, or could not be had. */
    synchronized boolean isLacking() {
        return lacking;
    }

    /** Bytes in the file. */
    synchronized long held() {
        return held;
    }

    /** Bytes that are still to be taken from the device. */
    synchronized long missing() {
        return bytesMax - held;
    }

    /** Whether, with so much free space, half of what is for the log is used up: it is time to make room. */
    synchronized boolean isTight(long usableBytes) {
        return lacking && usableBytes < bytesMax - bytesMax / 4 - held;
    }

    /** Takes back, of the space that compaction has made, what is kept for the next one, before the log has it. */
    synchronized void refillForCompaction() {
        try {
            while (lacking && held < forCompaction()) {
                fill();
            }
        } catch (IOException noRoom) {
            LOG.debug("the reserve for compaction stays short of {} bytes", forCompaction() - held);
        }
    }

    /** Takes the next piece of what is missing. */
    synchronized void fill() throws IOException {
        if (held >= bytesMax) {
            return;
        }
        if (output == null) {
            output = disk.create(FILE);
        }
        byte[] piece = new byte[(int) Math.min(pieceBytes, bytesMax - held)];
        // Nothing that a file system could store in less.
        new SplittableRandom(held).nextBytes(piece);
        try {
            output.write(piece, 0, piece.length);
            held += piece.length;
            lacking = lacking && held < bytesMax;
        } catch (IOException noRoom) {
            lacking = true;
            output.cut(held);
            throw noRoom;
        }
    }

    synchronized void close() throws IOException {
        if (output != null) {
            output.close();
        }
    }
}
