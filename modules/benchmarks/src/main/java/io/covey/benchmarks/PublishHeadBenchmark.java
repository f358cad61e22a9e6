package io.covey.benchmarks;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PublishHead;
import io.covey.protocol.QoS;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the start of a PUBLISH costs: encoded anew, as for the first receiver of a message, and found, as for each later one. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PublishHeadBenchmark {

    private static final int[] NO_SUBSCRIPTION_IDS = {};

    private final Message message = new Message(
            "site/7/line/12/sensor/4711/temperature",
            new byte[64],
            QoS.AT_LEAST_ONCE,
            false,
            Properties.EMPTY,
            0,
            Message.NEVER);

    /** MQTT 3.1.1, QoS 1. */
    @Benchmark
    public PublishHead encodeVersion311() {
        return PublishHead.encode(message, ProtocolVersion.V3_1_1, true, 0, NO_SUBSCRIPTION_IDS);
    }

    /** MQTT 5, QoS 1, no properties. */
    @Benchmark
    public PublishHead encodeVersion5() {
        return PublishHead.encode(message, ProtocolVersion.V5, true, 0, NO_SUBSCRIPTION_IDS);
    }

    /** The shared head of a message that has been sent before. */
    @Benchmark
    public PublishHead findShared() {
        return message.head(ProtocolVersion.V5, true);
    }
}
