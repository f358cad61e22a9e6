package io.covey.observability;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;

/**
 * What the metrics of a node are read from when Prometheus asks: nothing is summed up before. Parts of a node may come at any time, from any
 * thread; series of one metric with the same labels are shown as their sum.
 */
final class Meters implements MultiCollector {
    private static final double MICROS = 1_000_000;
    private static final String INFO = "_info";

    private final Map<Metric, List<Series>> values = Collections.synchronizedMap(new EnumMap<>(Metric.class));
    private final Map<Metric, List<Distribution>> distributions =
            Collections.synchronizedMap(new EnumMap<>(Metric.class));
    private final Map<Key, LongAdder> counters = new ConcurrentHashMap<>();

    private record Series(List<String> labels, DoubleSupplier value) {}

    private record Distribution(List<String> labels, Histogram histogram) {}

    private record Key(Metric metric, List<String> labels) {}

    /** Shows a value that is asked for at each scrape, on the scraping thread; it must not block. */
    void show(Metric metric, DoubleSupplier value, String... labels) {
        if (metric.kind() != Metric.Kind.COUNTER && metric.kind() != Metric.Kind.GAUGE) {
            throw new IllegalArgumentException(metric + " is no single value");
        }
        values.computeIfAbsent(metric, first -> new CopyOnWriteArrayList<>())
                .add(new Series(checked(metric, labels), value));
    }

    /** Shows a histogram. Those whose name tells of seconds are recorded in microseconds. */
    void show(Metric metric, Histogram histogram, String... labels) {
        if (metric.kind() != Metric.Kind.HISTOGRAM) {
            throw new IllegalArgumentException(metric + " is no histogram");
        }
        distributions
                .computeIfAbsent(metric, first -> new CopyOnWriteArrayList<>())
                .add(new Distribution(checked(metric, labels), histogram));
    }

    /** A counter for what happens seldom enough to look it up: made with its first use. Label values come from closed sets. */
    LongAdder counter(Metric metric, String... labels) {
        Key key = new Key(metric, List.of(labels));
        LongAdder known = counters.get(key);
        return known != null
                ? known
                : counters.computeIfAbsent(key, made -> {
                    LongAdder counter = new LongAdder();
                    show(metric, counter::sum, labels);
                    return counter;
                });
    }

    /** The sum of what all series of a metric show now. */
    double sum(Metric metric) {
        return sum(metric, labels -> true);
    }

    /** The sum of the series with such labels. */
    double sum(Metric metric, Predicate<List<String>> labels) {
        double sum = 0;
        for (Series each : values.getOrDefault(metric, List.of())) {
            sum += labels.test(each.labels) ? each.value.getAsDouble() : 0;
        }
        return sum;
    }

    private static List<String> checked(Metric metric, String... labels) {
        if (labels.length != metric.labels().size()) {
            throw new IllegalArgumentException(metric + " has the labels " + metric.labels());
        }
        return List.of(labels);
    }

    @Override
    public MetricSnapshots collect() {
        List<MetricSnapshot> snapshots = new ArrayList<>();
        for (Metric metric : Metric.values()) {
            List<Series> series = values.get(metric);
            List<Distribution> ofMetric = distributions.get(metric);
            if (series != null) {
                snapshots.add(value(metric, series));
            } else if (ofMetric != null) {
                snapshots.add(histogram(metric, ofMetric));
            }
        }
        return new MetricSnapshots(snapshots);
    }

    private static MetricSnapshot value(Metric metric, List<Series> series) {
        if (metric.id().endsWith(INFO)) {
            return info(metric, series);
        }
        return metric.kind() == Metric.Kind.COUNTER ? counter(metric, series) : gauge(metric, series);
    }

    /** Prometheus shows it as a gauge that is always 1. */
    private static InfoSnapshot info(Metric metric, List<Series> series) {
        String name = metric.id().substring(0, metric.id().length() - INFO.length());
        InfoSnapshot.Builder builder = InfoSnapshot.builder().name(name).help(metric.meaning());
        sums(series)
                .keySet()
                .forEach(labels -> builder.dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(labels(metric, labels))
                        .build()));
        return builder.build();
    }

    private static Map<List<String>, Double> sums(List<Series> series) {
        Map<List<String>, Double> sums = new LinkedHashMap<>();
        series.forEach(each -> sums.merge(each.labels, each.value.getAsDouble(), Double::sum));
        return sums;
    }

    private static CounterSnapshot counter(Metric metric, List<Series> series) {
        String name = metric.id().substring(0, metric.id().length() - "_total".length());
        CounterSnapshot.Builder builder = CounterSnapshot.builder().name(name).help(metric.meaning());
        sums(series)
                .forEach((labels, value) -> builder.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels(metric, labels))
                        .value(value)
                        .build()));
        return builder.build();
    }

    private static GaugeSnapshot gauge(Metric metric, List<Series> series) {
        GaugeSnapshot.Builder builder =
                GaugeSnapshot.builder().name(metric.id()).help(metric.meaning());
        sums(series)
                .forEach((labels, value) -> builder.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(labels(metric, labels))
                        .value(value)
                        .build()));
        return builder.build();
    }

    private static HistogramSnapshot histogram(Metric metric, List<Distribution> distributions) {
        HistogramSnapshot.Builder builder =
                HistogramSnapshot.builder().name(metric.id()).help(metric.meaning());
        Map<List<String>, long[]> sums = new LinkedHashMap<>();
        long[] bounds = distributions.get(0).histogram.bounds();
        for (Distribution each : distributions) {
            each.histogram.addTo(sums.computeIfAbsent(each.labels, first -> new long[bounds.length + 2]));
        }
        double unit = metric.unit().equals("seconds") ? MICROS : 1;
        sums.forEach((labels, cells) -> builder.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .labels(labels(metric, labels))
                .classicHistogramBuckets(
                        ClassicHistogramBuckets.of(upperBounds(bounds, unit), Arrays.copyOf(cells, bounds.length + 1)))
                .sum(cells[bounds.length + 1] / unit)
                .build()));
        return builder.build();
    }

    private static double[] upperBounds(long[] bounds, double unit) {
        double[] upper = new double[bounds.length + 1];
        for (int i = 0; i < bounds.length; i++) {
            upper[i] = bounds[i] / unit;
        }
        upper[bounds.length] = Double.POSITIVE_INFINITY;
        return upper;
    }

    private static Labels labels(Metric metric, List<String> values) {
        return Labels.of(metric.labels(), values);
    }
}
