package io.covey.storage;

import java.io.IOException;

/** A file does not hold what was once written to it. */
final class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptFileException(String message) {
        super(message);
    }
}
