package io.covey.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What became of the messages in the rounds of each kind of fault; kept in a file, so that the runs of days can be added up. */
final class ChaosTally {
    private static final String HEAD =
            "fault,rounds,broken,acknowledged,lost,twice,reordered,gap-ms,others-gap-ms,recovery-ms";

    private final Map<String, Row> rows = new TreeMap<>();

    /**
     * The sums and the longest times of some rounds.
     *
     * @param broken rounds after which a promise was broken, or the cluster did not recover
     */
    record Row(
            long rounds,
            long broken,
            long acknowledged,
            long lost,
            long duplicated,
            long reordered,
            long gapMillis,
            long othersGapMillis,
            long recoveryMillis) {
        /** A round of which no more is known than that the cluster did not recover. */
        static final Row NOT_RECOVERED = new Row(1, 1, 0, 0, 0, 0, 0, 0, 0);

        private static Row of(List<Long> numbers) {
            return new Row(
                    numbers.get(0),
                    numbers.get(1),
                    numbers.get(2),
                    numbers.get(3),
                    numbers.get(4),
                    numbers.get(5),
                    numbers.get(6),
                    numbers.get(7),
                    numbers.get(8));
        }

        private List<Long> numbers() {
            return List.of(
                    rounds,
                    broken,
                    acknowledged,
                    lost,
                    duplicated,
                    reordered,
                    gapMillis,
                    othersGapMillis,
                    recoveryMillis);
        }

        private Row plus(Row other) {
            return new Row(
                    rounds + other.rounds,
                    broken + other.broken,
                    acknowledged + other.acknowledged,
                    lost + other.lost,
                    duplicated + other.duplicated,
                    reordered + other.reordered,
                    Math.max(gapMillis, other.gapMillis),
                    Math.max(othersGapMillis, other.othersGapMillis),
                    Math.max(recoveryMillis, other.recoveryMillis));
        }
    }

    void add(String fault, Row row) {
        rows.merge(fault, row, Row::plus);
    }

    private void add(ChaosTally other) {
        other.rows.forEach(this::add);
    }

    /** Adds what this tally has to that of a file, which is made where there is none; the sum. */
    ChaosTally addedTo(Path file) throws IOException {
        ChaosTally sum = Files.exists(file) ? read(file) : new ChaosTally();
        sum.add(this);
        List<String> lines = new ArrayList<>(List.of(HEAD));
        sum.rows.forEach((fault, row) -> lines.add(fault + ","
                + String.join(",", row.numbers().stream().map(String::valueOf).toList())));
        Files.write(file, lines);
        return sum;
    }

    private static ChaosTally read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty() || !lines.get(0).equals(HEAD)) {
            throw new IOException(file + " is no tally of scripts/chaos: it does not begin with " + HEAD);
        }
        ChaosTally read = new ChaosTally();
        for (String line : lines.subList(1, lines.size())) {
            List<String> cells = List.of(line.split(",", -1));
            read.add(
                    cells.get(0),
                    Row.of(cells.stream().skip(1).map(Long::valueOf).toList()));
        }
        return read;
    }

    void print() {
        rows.forEach((fault, row) -> System.out.printf(
                "%-16s %4d rounds, %d broken: %d acknowledged, %d lost, %d twice, %d reordered; longest gap %d ms,"
                        + " of publishers at other nodes %d ms; recovered after at most %d ms%n",
                fault,
                row.rounds,
                row.broken,
                row.acknowledged,
                row.lost,
                row.duplicated,
                row.reordered,
                row.gapMillis,
                row.othersGapMillis,
                row.recoveryMillis));
    }
}
