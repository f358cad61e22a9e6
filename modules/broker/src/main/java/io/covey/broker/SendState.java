package io.covey.broker;

/** Why a session is sent nothing at the moment, or that it is sent something. */
public enum SendState {
    /** The client has no connection. */
    NOT_CONNECTED("not connected"),
    /** The connection waits for its session, or has just ended. */
    CONNECTION_CHANGING("its connection is being opened or has just ended"),
    /** The node that holds the connection did not answer in time. */
    CONNECTION_UNKNOWN("the node that holds the connection does not answer"),
    /** Nothing waits, and nothing could: there are no subscriptions. */
    NO_SUBSCRIPTION("no subscription"),
    /** Nothing waits: nothing that matches a subscription was published since. */
    QUEUE_EMPTY("queue empty: nothing that matches a subscription waits"),
    /** The client does not read what was sent. */
    NOT_WRITABLE("socket not writable: the client does not read"),
    /** The client has as many unacknowledged messages as it may have. */
    WINDOW_FULL("window full"),
    /** Messages wait, nothing hinders them, and none has been sent for long: a defect. */
    STUCK("stuck: messages wait and there is room, but none is sent; its queue is asked for again every few seconds"),
    /** Messages wait, and nothing hinders them. */
    SENDING("messages are being sent");

    private final String words;

    SendState(String words) {
        this.words = words;
    }

    /** The state in words for an operator. */
    public String words() {
        return words;
    }
}
