package io.covey.benchmarks;

import java.util.Arrays;
import picocli.CommandLine.Option;

/** What is common to all loads of publisher and subscriber pairs. */
final class PairOptions {

    @Option(
            names = "--qos",
            paramLabel = "0|1|2",
            description = "of publishers and subscriptions alike (default: ${DEFAULT-VALUE})",
            defaultValue = "1")
    int qos = 1;

    @Option(
            names = "--payload",
            paramLabel = "BYTES",
            description = "payload of each message, from 20 (default: ${DEFAULT-VALUE})",
            defaultValue = "64")
    int payloadBytes = 64;

    void check() {
        Options.requireQos(qos);
        Options.requireRange("--payload", payloadBytes, PublishTemplate.PAYLOAD_HEAD_BYTES, 128 << 10);
    }

    byte[] padding() {
        byte[] padding = new byte[payloadBytes - PublishTemplate.PAYLOAD_HEAD_BYTES];
        Arrays.fill(padding, (byte) 'x');
        return padding;
    }
}
