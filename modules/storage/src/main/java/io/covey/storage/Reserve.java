package io.covey.storage;

import java.io.IOException;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds space for the log. Where a device has none left, because of this node or of others, the file gives way piece by piece: so
 * acknowledgements, deliveries and ends of sessions can still be written while new messages are refused. The log takes from it under its own lock;
 * the compactor fills it up again once there is space.
 */
final class Reserve {
    static final String FILE = "covey.reserve";

    private static final int PIECE_BYTES = 1 << 20;

    private final Disk disk;
    private final long bytesMax;
    private Disk.@Nullable Output output;
    private long held;
    private boolean lacking;

    Reserve(Disk disk, long bytesMax) {
        this.disk = disk;
        this.bytesMax = bytesMax;
    }

    /** Gives up at least so many bytes, where that many are left. Whether anything was given up. */
    synchronized boolean release(long bytes) throws IOException {
        if (held == 0 || output == null) {
            return false;
        }
        long left = Math.max(0, held - Math.max(bytes, PIECE_BYTES));
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

    /** Takes the next piece of what is missing. */
    synchronized void fill() throws IOException {
        if (held >= bytesMax) {
            return;
        }
        if (output == null) {
            output = disk.create(FILE);
        }
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, bytesMax - held)];
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
