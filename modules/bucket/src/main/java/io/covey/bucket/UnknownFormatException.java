package io.covey.bucket;

/** Bytes that another release wrote in a form that this one does not know. The message names both versions. */
public final class UnknownFormatException extends RuntimeException {
    UnknownFormatException(String what, int found, int known) {
        super(what + " has format " + found + ", this release knows " + known);
    }
}
