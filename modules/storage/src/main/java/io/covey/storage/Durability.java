package io.covey.storage;

/** What an acknowledgement promises beside its replicas; docs/guarantees.md says it for operators. */
public enum Durability {
    /** Nothing is written: a message lives as long as one of its replicas' processes. */
    MEMORY,
    /** Written by every replica before the acknowledgement, synced within 100 ms: processes may all be killed at once. */
    OS,
    /** Synced by every replica before the acknowledgement: all machines may lose power at once. */
    FSYNC
}
