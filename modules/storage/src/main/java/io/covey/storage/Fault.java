package io.covey.storage;

/**
 * Something in the directory that is not as it was written.
 *
 * @param file that it is in
 * @param text what and where, for the operator
 * @param harmless a tail that was not acknowledged, or not promised to survive: it is cut and nothing is missing
 */
public record Fault(String file, String text, boolean harmless) {
    @Override
    public String toString() {
        return file + ": " + text;
    }
}
