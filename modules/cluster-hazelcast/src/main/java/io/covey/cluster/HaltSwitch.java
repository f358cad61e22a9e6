package io.covey.cluster;

/**
 * Ends the process at once, without an orderly stop: this node's copy of a bucket may differ from the others' in a way that versions do
 * not show, so nothing of it may reach anyone any more.
 */
@FunctionalInterface
public interface HaltSwitch {
    /** Called on a partition's thread; must not return to its caller's work: it halts, or in tests notes the call. */
    void halt(String reason, Throwable cause);
}
