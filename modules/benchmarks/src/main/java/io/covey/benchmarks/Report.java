package io.covey.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run's outcome: named values in the order they were put, and what was found wrong. */
final class Report {

    private final Map<String, String> values = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();

    Report put(String name, String value) {
        values.put(name, quoted(value));
        return this;
    }

    Report put(String name, long value) {
        values.put(name, Long.toString(value));
        return this;
    }

    Report put(String name, boolean value) {
        values.put(name, Boolean.toString(value));
        return this;
    }

    /** Three decimals; a value that could not be computed becomes null. */
    Report put(String name, double value) {
        values.put(name, Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null");
        return this;
    }

    Report put(String name, List<? extends Number> list) {
        values.put(name, list.toString().replace(" ", ""));
        return this;
    }

    /** Percentiles in milliseconds under {@code name} + P50, P90, P99, Max. */
    Report put(String name, LatencyHistogram histogram) {
        return put(name + "P50Millis", histogram.quantileNanos(0.5) / 1e6)
                .put(name + "P90Millis", histogram.quantileNanos(0.9) / 1e6)
                .put(name + "P99Millis", histogram.quantileNanos(0.99) / 1e6)
                .put(name + "MaxMillis", histogram.maximumNanos() / 1e6);
    }

    /** Notes a fault when {@code count} is not 0. */
    Report requireNone(long count, String what) {
        if (count != 0) {
            faults.add(count + " " + what);
        }
        return this;
    }

    boolean isGood() {
        return faults.isEmpty();
    }

    String json() {
        StringBuilder json = new StringBuilder("{");
        values.forEach((name, value) ->
                json.append(quoted(name)).append(':').append(value).append(','));
        json.append("\"ok\":").append(isGood()).append(",\"faults\":[");
        for (int i = 0; i < faults.size(); i++) {
            json.append(i == 0 ? "" : ",").append(quoted(faults.get(i)));
        }
        return json.append("]}").toString();
    }

    /** One line for people: {@code name value, name value, ...; ok}. */
    String sentence() {
        StringBuilder line = new StringBuilder();
        values.forEach((name, value) ->
                line.append(line.isEmpty() ? "" : ", ").append(name).append(' ').append(value.replace("\"", "")));
        return line.append(isGood() ? "; ok" : "; WRONG: " + String.join(", ", faults))
                .toString();
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
