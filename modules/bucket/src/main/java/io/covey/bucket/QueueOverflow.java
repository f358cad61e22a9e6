package io.covey.bucket;

/** What happens when a message comes to a session whose queue is full. The order is part of the written form. */
public enum QueueOverflow {
    /** The message is dropped for this session and counted; what was queued before stays. */
    DROP_NEWEST,
    /**
     * The longest waiting messages are dropped and counted until there is room. Never one that was handed to a connection: it may have been
     * sent. Where these alone fill the queue, the new message is dropped.
     */
    DROP_OLDEST,
    /** The publish is refused before any session of the bucket has it, so that its publisher knows. */
    REFUSE;

    private static final QueueOverflow[] ALL = values();

    static QueueOverflow of(int ordinal) {
        return ALL[ordinal];
    }
}
