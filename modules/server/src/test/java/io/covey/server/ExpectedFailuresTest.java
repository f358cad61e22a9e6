package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.read.ListAppender;
import com.hazelcast.spi.exception.ResponseAlreadySentException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the log has of libraries' stack traces, with the configuration of the log that a node has. */
class ExpectedFailuresTest {
    private static final String OPERATION = "com.hazelcast.map.impl.operation.GetOperation";
    private static final String MIGRATION = "com.hazelcast.internal.partition.operation.MigrationRequestOperation";
    private static final String CLAIM = "com.hazelcast.internal.cluster.impl.operations.FetchMembersViewOp";
    private static final String ACCEPTOR = "io.netty.bootstrap.ServerBootstrap";
    private static final String CONTEXT = "io.vertx.core.impl.ContextImpl";

    private final LoggerContext log = new LoggerContext();
    private final ListAppender<ILoggingEvent> told = new ListAppender<>();

    @BeforeEach
    void configure() throws JoranException {
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(log);
        configurator.doConfigure(ExpectedFailures.class.getResource("/logback.xml"));
        log.getLogger("ROOT").detachAndStopAllAppenders();
        told.start();
        log.getLogger("ROOT").addAppender(told);
    }

    @AfterEach
    void stop() {
        log.stop();
    }

    @Test
    void whatBelongsToTheComingAndGoingOfMembersIsNotTold() {
        log.getLogger(OPERATION).error("answered twice", new ResponseAlreadySentException("answered twice"));
        log.getLogger(MIGRATION)
                .warn(
                        "failed",
                        new IllegalStateException(
                                "Migration operation is received before startup is completed. Sender: [127.0.0.1]:1"));
        log.getLogger(CLAIM)
                .error(
                        "refused",
                        new IllegalArgumentException("[127.0.0.1]:1 claims mastership but it is not a member!"));
        log.getLogger(ACCEPTOR).warn("not registered", thrownIn("io.vertx.core.net.impl.VertxEventLoopGroup"));
        log.getLogger(CONTEXT)
                .error("Unhandled exception", thrownIn("io.vertx.core.eventbus.impl.clustered.OutboundConnection"));
        log.getLogger("com.hazelcast.internal.cluster.impl.DiscoveryJoiner").error(null, new InterruptedException());
        log.getLogger("com.hazelcast.instance.AddressPicker").error("no address", new RuntimeException("no address"));

        assertThat(told.list).isEmpty();
    }

    @Test
    void itIsToldAtDebug() {
        log.getLogger("com.hazelcast").setLevel(Level.DEBUG);

        log.getLogger(OPERATION).error("answered twice", new ResponseAlreadySentException("answered twice"));

        assertThat(told.list).singleElement().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.DEBUG);
            assertThat(event.getMessage()).isEqualTo("answered twice");
            assertThat(event.getThrowableProxy()).isNotNull();
        });
    }

    @Test
    void nothingElseIsKeptBack() {
        log.getLogger(OPERATION).error("failed", new IllegalStateException("failed"));
        log.getLogger(OPERATION).warn("answered twice");
        log.getLogger(MIGRATION).warn("failed", new IllegalStateException("no memory left"));
        log.getLogger(CLAIM)
                .error(
                        "refused",
                        new IllegalArgumentException("[127.0.0.1]:1 claims mastership but this node is master!"));
        log.getLogger(ACCEPTOR).warn("not registered", new IllegalStateException());
        log.getLogger(CONTEXT).error("Unhandled exception", thrownIn("io.covey.wire.MqttListeners"));
        log.getLogger("io.covey.server").error("ours", new ResponseAlreadySentException("ours"));

        assertThat(told.list)
                .extracting(ILoggingEvent::getLevel)
                .containsExactly(
                        Level.ERROR, Level.WARN, Level.WARN, Level.ERROR, Level.WARN, Level.ERROR, Level.ERROR);
    }

    private static Throwable thrownIn(String className) {
        IllegalStateException failure = new IllegalStateException("Promise already completed");
        failure.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("io.vertx.core.Promise", "fail", "Promise.java", 1),
            new StackTraceElement(className, "next", "Some.java", 1)
        });
        return failure;
    }
}
