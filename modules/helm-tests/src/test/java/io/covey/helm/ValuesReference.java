package io.covey.helm;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Reads values.yaml as people do: what stands in comments above a key describes it, and all that is below the key. */
final class ValuesReference {
    /**
     * A described value.
     *
     * @param defaultValue as JSON
     */
    record Row(String key, String defaultValue, String meaning) {}

    private static final Pattern KEY = Pattern.compile("^( *)([A-Za-z0-9]+):.*$");
    private static final Pattern COMMENT = Pattern.compile("^ *# ?(.*)$");
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private final List<Row> rows = new ArrayList<>();
    private final List<String> undescribed = new ArrayList<>();
    private final Map<String, Object> values;

    private ValuesReference(String text) {
        values = Manifests.map(new Load(LoadSettings.builder().build()).loadFromString(text));
        read(text);
    }

    static ValuesReference ofTheChart() {
        try {
            return new ValuesReference(Files.readString(Chart.file("values.yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ValuesReference of(String text) {
        return new ValuesReference(text);
    }

    List<Row> rows() {
        return rows;
    }

    /** Values that no comment describes, neither above them nor above what they are part of. */
    List<String> undescribed() {
        return undescribed;
    }

    Map<String, Object> values() {
        return values;
    }

    private void read(String text) {
        Deque<String> path = new ArrayDeque<>();
        Deque<Integer> indents = new ArrayDeque<>();
        List<String> comment = new ArrayList<>();
        String described = null;
        for (String line : text.split("\n")) {
            Matcher commented = COMMENT.matcher(line);
            Matcher key = KEY.matcher(line);
            if (commented.matches()) {
                comment.add(commented.group(1).strip());
            } else if (key.matches()) {
                while (!indents.isEmpty() && indents.peekLast() >= key.group(1).length()) {
                    indents.removeLast();
                    path.removeLast();
                }
                indents.addLast(key.group(1).length());
                path.addLast(key.group(2));
                String name = String.join(".", path);
                boolean part = described != null && name.startsWith(described + ".");
                if (!part && !comment.isEmpty()) {
                    described = name;
                    rows.add(new Row(name, GSON.toJson(Manifests.at(values, name)), String.join(" ", comment)));
                } else if (!part && isLeaf(Manifests.at(values, name))) {
                    undescribed.add(name);
                }
                comment.clear();
            } else {
                comment.clear();
            }
        }
    }

    private static boolean isLeaf(Object value) {
        return !(value instanceof Map<?, ?> map) || map.isEmpty();
    }

    /** The table of the chart's README. */
    String table() {
        StringBuilder table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
        for (Row row : rows) {
            table.append("| `%s` | `%s` | %s |\n"
                    .formatted(row.key(), row.defaultValue(), row.meaning().replace("|", "\\|")));
        }
        return table.toString();
    }
}
