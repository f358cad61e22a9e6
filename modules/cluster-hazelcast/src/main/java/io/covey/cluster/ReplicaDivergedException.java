package io.covey.cluster;

import com.hazelcast.spi.exception.SilentException;

/** A backup does not hold the batch that it was given, so it must not confirm it. Never reaches the sender: it sees no confirmation. */
final class ReplicaDivergedException extends RuntimeException implements SilentException {
    private static final long serialVersionUID = 1;

    ReplicaDivergedException(String message) {
        super(message, null, false, false);
    }
}
