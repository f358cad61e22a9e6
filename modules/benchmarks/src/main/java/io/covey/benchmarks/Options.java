package io.covey.benchmarks;

/** Checks of what the operator asked for. */
final class Options {

    private Options() {}

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    static void requireRange(String option, double value, double min, double max) {
        require(value >= min && value <= max, option + " is from " + plain(min) + " to " + plain(max));
    }

    static void requireQos(int qos) {
        require(qos >= 0 && qos <= 2, "--qos is 0, 1 or 2");
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
