/**
 * The buckets of a node on its disk: a log of batches that all partitions share, and a snapshot of each bucket now and then.
 *
 * <p>{@code StorageDirectory} is the way in: it locks the directory, reads what is there ({@code Recovery}, with {@code LogReader} and
 * {@code SnapshotFile}) and begins to write ({@code DiskJournal}, over {@code SegmentLog}). {@code Disk} is the border to the file system,
 * where tests put faults. docs/storage-format.md describes the files.
 */
@NullMarked
package io.covey.storage;

import org.jspecify.annotations.NullMarked;
