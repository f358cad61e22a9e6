package io.covey.broker;

import java.util.List;

/**
 * The members that this node's cluster layer lists at a moment.
 *
 * @param number grows with each change as this node sees it
 * @param nodes incarnations of all members, this node included
 * @param departed incarnations that left since this node joined, newest last, bounded
 */
public record MembershipView(long number, List<Long> nodes, List<Long> departed) {}
