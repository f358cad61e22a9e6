package io.covey.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes docs/conformance.md: for each numbered statement of both standards which classes decide it and which tests prove it, as the tags in
 * their sources say. {@code [MQTT-x.y.z-n]} is a statement of MQTT 5.0, {@code [MQTT311-x.y.z-n]} one of MQTT 3.1.1.
 *
 * <p>Needs nothing but the JDK, so that {@code scripts/conformance} runs it as it is.
 */
final class Conformance {
    /** The document, from the root of the repository. */
    static final String DOCUMENT = "docs/conformance.md";

    private static final String STATEMENTS = "modules/server/src/test/resources/conformance/";
    private static final String MQTT_5 = "MQTT-";
    private static final String MQTT_3_1_1 = "MQTT311-";

    /** A tag, perhaps for a run of numbers, in brackets or as the clause of a violation. */
    private static final Pattern TAG =
            Pattern.compile("[\\[\"](MQTT-|MQTT311-)(\\d+(?:[.-]\\d+){1,2}-)(\\d+)(?:\\.\\.(\\d+))?[\\]\"]");

    /** A question of the black-box probe: the versions that it is asked in, and its clause, of 3.1.1 and 5.0 where they differ. */
    private static final Pattern QUESTION = Pattern.compile("(\\w+)\\(\\s*\"(\\d[\\d.-]*)(?:\\|(\\d[\\d.-]*))?\"");

    private static final String INTRODUCTION =
            """
            # Conformance

            Each numbered statement of MQTT 5.0 (OASIS Standard, 7 March 2019) and MQTT 3.1.1 (OASIS Standard, 29 October 2014), in our own words, with
            the classes that decide it and the tests that prove it. Written by `scripts/conformance` from the tags in the sources: `[MQTT-x.y.z-n]` for
            MQTT 5.0, `[MQTT311-x.y.z-n]` for MQTT 3.1.1. Classes that end in Cases are questions that a started node is asked from outside. MQTT 3.1 has
            no numbered statements; where it differs, tests say so in words.

            """;

    private static final String SAME_AS = "= ";

    /** A line of the lists of statements. */
    record Statement(String number, String binds, String text, String reason) {}

    /** Where tags of one statement stand: names of classes, with their files. */
    private record Mentions(Map<String, Path> deciding, Map<String, Path> proving) {
        private Mentions() {
            this(new TreeMap<>(), new TreeMap<>());
        }
    }

    private final Path root;
    private final Map<String, Statement> statements5;
    private final Map<String, Statement> statements311;
    private final Map<String, Mentions> mentions = new TreeMap<>();

    /**
     * @param root of the repository
     */
    Conformance(Path root) {
        this.root = root;
        this.statements5 = statements("mqtt-5.0.txt");
        this.statements311 = statements("mqtt-3.1.1.txt");
        sources().sorted().forEach(this::read);
    }

    /** Only what is below src is looked at: files below target come and go while a build runs. */
    private Stream<Path> sources() {
        List<Path> sources = new ArrayList<>();
        try (Stream<Path> modules = Files.list(root.resolve("modules"))) {
            for (Path module : modules.toList()) {
                if (Files.isDirectory(module.resolve("src"))) {
                    try (Stream<Path> files = Files.walk(module.resolve("src"))) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sources.stream();
    }

    /** Writes the document of the repository in the working directory, or in the one that is named. */
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments.length > 0 ? arguments[0] : ".");
        Files.writeString(root.resolve(DOCUMENT), new Conformance(root).document());
    }

    private Map<String, Statement> statements(String file) {
        Map<String, Statement> found = new LinkedHashMap<>();
        for (String line : text(root.resolve(STATEMENTS).resolve(file)).split("\n")) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split(" \\| ", 4);
                found.put(parts[0], new Statement(parts[0], parts[1], parts[2], parts.length > 3 ? parts[3] : ""));
            }
        }
        return found;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Path file) {
        String path = file.toString();
        boolean isTest = path.contains("/src/test/") || path.contains("/testkit/");
        String name = file.getFileName().toString().replace(".java", "");
        if (name.startsWith("Conformance")) {
            return;
        }
        String source = text(file);
        if (path.contains("integration-tests") && name.endsWith("Cases")) {
            questions(name, file, source);
        }
        Matcher tag = TAG.matcher(source);
        while (tag.find()) {
            int first = Integer.parseInt(tag.group(3));
            int last = tag.group(4) == null ? first : Integer.parseInt(tag.group(4));
            for (int number = first; number <= last; number++) {
                Mentions of = mentioned(tag.group(1) + tag.group(2) + number);
                (isTest ? of.proving : of.deciding).put(name, root.relativize(file));
            }
        }
    }

    private Mentions mentioned(String tag) {
        return mentions.computeIfAbsent(tag, key -> new Mentions());
    }

    private void questions(String name, Path file, String source) {
        Matcher question = QUESTION.matcher(source);
        while (question.find()) {
            String versions = question.group(1);
            boolean both = versions.equals("all") || versions.equals("oasis");
            boolean older = versions.equals("v311") || versions.equals("before5");
            String number311 = both || older ? question.group(2) : "";
            String number5 = question.group(3) != null ? question.group(3) : older ? "" : question.group(2);
            if (statements311.containsKey(number311)) {
                mentioned(MQTT_3_1_1 + number311).proving.put(name, root.relativize(file));
            }
            if (statements5.containsKey(number5)) {
                mentioned(MQTT_5 + number5).proving.put(name, root.relativize(file));
            }
        }
    }

    /** Tags of statements that the standards do not have. */
    List<String> unknownTags() {
        List<String> unknown = new ArrayList<>();
        for (Map.Entry<String, Mentions> entry : mentions.entrySet()) {
            String tag = entry.getKey();
            boolean known = tag.startsWith(MQTT_5)
                    ? statements5.containsKey(tag.substring(MQTT_5.length()))
                    : statements311.containsKey(tag.substring(MQTT_3_1_1.length()));
            if (!known) {
                TreeSet<String> where = new TreeSet<>(entry.getValue().deciding.keySet());
                where.addAll(entry.getValue().proving.keySet());
                unknown.add(tag + " in " + where);
            }
        }
        return unknown;
    }

    /** Statements that bind a server, are not proven by a test, and have no reason for that. */
    List<String> uncovered() {
        List<String> uncovered = new ArrayList<>();
        statements5.values().forEach(each -> addIfUncovered(MQTT_5, each, uncovered));
        statements311.values().forEach(each -> addIfUncovered(MQTT_3_1_1, each, uncovered));
        return uncovered;
    }

    private void addIfUncovered(String standard, Statement statement, List<String> uncovered) {
        boolean excused = statement.binds.equals("client") || !statement.reason.isEmpty();
        if (!excused && proving(standard, statement).isEmpty()) {
            uncovered.add(standard + statement.number);
        }
    }

    private Map<String, Path> proving(String standard, Statement statement) {
        Map<String, Path> all = new TreeMap<>(mentions(standard, statement).proving);
        if (statement.text.startsWith(SAME_AS)) {
            all.putAll(mentions(MQTT_5, same(statement)).proving);
        }
        return all;
    }

    private Map<String, Path> deciding(String standard, Statement statement) {
        Map<String, Path> all = new TreeMap<>(mentions(standard, statement).deciding);
        if (statement.text.startsWith(SAME_AS)) {
            all.putAll(mentions(MQTT_5, same(statement)).deciding);
        }
        return all;
    }

    private Mentions mentions(String standard, Statement statement) {
        return mentions.getOrDefault(standard + statement.number, new Mentions());
    }

    private Statement same(Statement statement) {
        String number = statement.text.substring(SAME_AS.length());
        Statement same = statements5.get(number);
        if (same == null) {
            throw new IllegalStateException("MQTT 5.0 has no statement " + number);
        }
        return same;
    }

    /** The whole document. */
    String document() {
        StringBuilder out = new StringBuilder();
        out.append(INTRODUCTION);
        summary(out);
        gaps(out);
        table("MQTT 5.0", MQTT_5, statements5, out);
        table("MQTT 3.1.1", MQTT_3_1_1, statements311, out);
        return out.toString();
    }

    private void summary(StringBuilder out) {
        out.append(
                "| | statements | bind clients only | proven by tests | without a test, with a reason | not covered |\n");
        out.append("|---|---|---|---|---|---|\n");
        count("MQTT 5.0", MQTT_5, statements5, out);
        count("MQTT 3.1.1", MQTT_3_1_1, statements311, out);
        out.append(
                "\nStatements that bind clients only count as such even where Covey checks them and tests prove it.\n\n");
    }

    private void count(String title, String standard, Map<String, Statement> statements, StringBuilder out) {
        int clients = 0;
        int proven = 0;
        int excused = 0;
        for (Statement each : statements.values()) {
            boolean client = each.binds.equals("client");
            boolean tested = !proving(standard, each).isEmpty();
            clients += client ? 1 : 0;
            proven += !client && tested ? 1 : 0;
            excused += !client && !tested && !each.reason.isEmpty() ? 1 : 0;
        }
        int missing = statements.size() - clients - proven - excused;
        out.append("| ").append(title).append(" | ").append(statements.size());
        for (int number : new int[] {clients, proven, excused, missing}) {
            out.append(" | ").append(number);
        }
        out.append(" |\n");
    }

    private void gaps(StringBuilder out) {
        List<String> missing = uncovered();
        out.append("## Not covered\n\n");
        if (missing.isEmpty()) {
            out.append("None.\n\n");
        } else {
            missing.forEach(each -> out.append("- ").append(each).append('\n'));
            out.append('\n');
        }
    }

    private void table(String title, String standard, Map<String, Statement> statements, StringBuilder out) {
        out.append("## ").append(title).append("\n\n");
        out.append("| number | binds | statement | decided in | proven by |\n|---|---|---|---|---|\n");
        for (Statement each : statements.values()) {
            Map<String, Path> proving = proving(standard, each);
            out.append("| ").append(each.number);
            out.append(" | ").append(each.binds);
            out.append(" | ").append(words(each));
            out.append(" | ").append(links(deciding(standard, each)));
            String reason = each.binds.equals("client") ? "" : each.reason;
            out.append(" | ")
                    .append(proving.isEmpty() ? reason : links(proving))
                    .append(" |\n");
        }
        out.append('\n');
    }

    private String words(Statement statement) {
        return statement.text.startsWith(SAME_AS)
                ? same(statement).text + " (as " + same(statement).number + " of MQTT 5.0)"
                : statement.text;
    }

    private static String links(Map<String, Path> classes) {
        List<String> links = new ArrayList<>();
        classes.forEach((name, path) -> links.add("[" + name + "](../" + path + ")"));
        return String.join(", ", links);
    }
}
