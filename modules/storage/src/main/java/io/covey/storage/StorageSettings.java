package io.covey.storage;

/**
 * How a directory is written.
 *
 * @param durability what an acknowledgement promises; not MEMORY
 * @param reserveBytes below this much free space new messages are refused, so that acknowledgements can still be written
 * @param logBytesMin the log is not compacted below this size
 * @param segmentBytes how large one file of the log becomes
 */
public record StorageSettings(Durability durability, long reserveBytes, long logBytesMin, int segmentBytes) {
    /** 64 MiB each of reserve and log. */
    public static StorageSettings of(Durability durability) {
        return new StorageSettings(durability, 64L << 20, 64L << 20, SegmentLog.SEGMENT_BYTES);
    }
}
