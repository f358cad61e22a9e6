package io.covey.observability;

/** The way of a node out of its cluster, as the management interface starts and shows it. From any thread, must not block. */
public interface Drain {
    /**
     * How far it is.
     *
     * @param state {@code serving}, {@code draining}, {@code drained} or {@code failed}; does not change its name
     * @param detail what is being done, or what went wrong, for the operator
     * @param connections clients that are still connected
     * @param partitions of how many partitions a copy is still here
     * @param secondsLeft until the deadline; 0 where none runs
     */
    record Progress(String state, String detail, int connections, int partitions, long secondsLeft) {}

    /** How far it is at this moment. */
    Progress drainProgress();

    /** Begins, or goes on where it failed; where it runs already, it goes on with the deadline that it has. */
    Progress drain(int deadlineSeconds);
}
