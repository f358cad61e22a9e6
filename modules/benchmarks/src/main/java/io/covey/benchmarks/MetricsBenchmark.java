package io.covey.benchmarks;

import io.covey.broker.BrokerEvents;
import io.covey.observability.BrokerMetrics;
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

/** What the metrics of a message cost: that it came, was acknowledged and sent, with the times of both. Run with {@code -prof gc}. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MetricsBenchmark {
    private final BrokerMetrics metrics = new BrokerMetrics();
    private final BrokerEvents events = metrics.ofShard(0);
    private long latencyMicros = 1;

    /** A message of QoS 1 with one receiver. */
    @Benchmark
    public void message() {
        latencyMicros = latencyMicros * 5 % 4_093; // from 1 us to 4 ms
        events.publishReceived(QoS.AT_LEAST_ONCE, 64);
        events.publishAcknowledged(latencyMicros);
        events.publishSent(QoS.AT_LEAST_ONCE, 64);
        events.publishDelivered(latencyMicros >> 10);
    }

    /** The page that Prometheus reads. */
    @Benchmark
    public String scrape() {
        return metrics.scrape();
    }
}
