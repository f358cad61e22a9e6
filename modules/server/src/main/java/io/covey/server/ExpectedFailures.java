package io.covey.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps what libraries report with a stack trace although it belongs to a member's coming and going out of the log, unless that is at DEBUG: there it is
 * told. Each is known by its logger, its exception and, where that says little, by who threw it; anything else passes. Named in logback.xml.
 */
public final class ExpectedFailures extends TurboFilter {
    /** So far from where it was thrown the one who threw it is looked for. */
    private static final int FRAMES_MAX = 12;

    private static final List<Expected> EXPECTED = List.of(
            // After a merge of two halves both answer what was asked before: the second answer comes too late. The
            // logger is that of what was asked.
            new Expected("com.hazelcast.", failure -> failure.getClass()
                    .getName()
                    .equals("com.hazelcast.spi.exception.ResponseAlreadySentException")),
            // A partition is sent to a member that joins and is not ready; it is sent again.
            new Expected(
                    "com.hazelcast.internal.partition.operation.",
                    failure -> failure instanceof IllegalStateException
                            && String.valueOf(failure.getMessage())
                                    .startsWith("Migration operation is received before startup is completed")),
            // After a split a member that was expelled and does not know it yet wants to lead; it joins anew.
            new Expected(
                    "com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp",
                    failure -> failure instanceof IllegalArgumentException
                            && String.valueOf(failure.getMessage())
                                    .endsWith(" claims mastership but it is not a member!")),
            // SIGTERM while the member looks for the others.
            new Expected(
                    "com.hazelcast.internal.cluster.impl.DiscoveryJoiner",
                    failure -> failure instanceof InterruptedException),
            // An address that is not this machine's: the start ends with one line that says so.
            new Expected(
                    "com.hazelcast.instance.AddressPicker", failure -> failure.getClass() == RuntimeException.class),
            // A client that connects in the moment in which a listener closes.
            new Expected(
                    "io.netty.bootstrap.ServerBootstrap",
                    failure -> failure instanceof IllegalStateException
                            && isThrownIn(failure, "io.vertx.core.net.impl.VertxEventLoopGroup")),
            // A message to a member that has left in this moment fails, and fails once more when its connection is
            // closed.
            new Expected(
                    "io.vertx.core.impl.ContextImpl",
                    failure -> failure instanceof IllegalStateException
                            && isThrownIn(failure, "io.vertx.core.eventbus.impl.clustered.OutboundConnection")));

    private record Expected(String logger, Predicate<Throwable> failure) {}

    private static boolean isThrownIn(Throwable failure, String className) {
        StackTraceElement[] frames = failure.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, FRAMES_MAX); i++) {
            if (frames[i].getClassName().equals(className)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] parameters,
            @Nullable Throwable failure) {
        if (failure == null || !level.isGreaterOrEqual(Level.WARN) || !isExpected(logger.getName(), failure)) {
            return FilterReply.NEUTRAL;
        }
        logger.debug(format, failure);
        return FilterReply.DENY;
    }

    private static boolean isExpected(String logger, Throwable failure) {
        for (Expected each : EXPECTED) {
            if (logger.startsWith(each.logger) && each.failure.test(failure)) {
                return true;
            }
        }
        return false;
    }
}
