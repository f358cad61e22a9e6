package io.covey.benchmarks;

/** Why a run could not be carried through, in one line for the operator. */
final class DriverFailure extends RuntimeException {

    DriverFailure(String message) {
        super(message);
    }
}
