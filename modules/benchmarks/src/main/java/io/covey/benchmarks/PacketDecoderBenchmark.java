package io.covey.benchmarks;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketDecoder;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What reading one packet costs, from a direct buffer as the network fills it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PacketDecoderBenchmark {

    private static final int PACKET_BYTES_MAX = 1 << 20;
    private static final int PAYLOAD_BYTES = 64;

    /** 4 for MQTT 3.1.1, 5 for 5.0. */
    @Param({"4", "5"})
    private int version;

    private final PacketDecoder decoder = new PacketDecoder(PACKET_BYTES_MAX);
    private ByteBuffer publish = ByteBuffer.allocate(0);
    private ByteBuffer pubAck = ByteBuffer.allocate(0);

    /** Tells the decoder the version, as a client's CONNECT does. */
    @Setup
    public void connect() {
        if (decoder.decode(ByteBuffer.wrap(WireFormat.connect("client", true, false, version))) == null) {
            throw new IllegalStateException("CONNECT is incomplete");
        }
        byte[] padding = new byte[PAYLOAD_BYTES - PublishTemplate.PAYLOAD_HEAD_BYTES];
        PublishTemplate template =
                new PublishTemplate("site/7/line/12/sensor/4711/temperature", 1, 1, padding, version);
        publish = ByteBuffer.allocateDirect(template.bytes());
        template.write(publish, 17, 0, 0);
        pubAck = ByteBuffer.allocateDirect(WireFormat.ACK_BYTES);
        WireFormat.writeAck(pubAck, WireFormat.PUBACK, 17);
    }

    /** QoS 1, 64 bytes of payload, no properties. */
    @Benchmark
    public @Nullable ControlPacket publish() {
        return decoder.decode(publish.rewind());
    }

    /** Reason 0, the short form. */
    @Benchmark
    public @Nullable ControlPacket pubAck() {
        return decoder.decode(pubAck.rewind());
    }
}
