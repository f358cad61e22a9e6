package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Every value is described, known to the schema, and in the README's table, which {@code -Dcovey.write.reference=true} writes anew.
 */
class ValuesReferenceTest {
    private static final String BEGIN = "<!-- values: written by ValuesReferenceTest -->\n";
    private static final String END = "<!-- end of values -->\n";

    private final ValuesReference reference = ValuesReference.ofTheChart();

    @Test
    void everyValueIsDescribed() {
        assertThat(reference.undescribed()).isEmpty();
        assertThat(reference.rows())
                .hasSizeGreaterThan(60)
                .allSatisfy(row -> assertThat(row.meaning()).as(row.key()).hasSizeGreaterThan(10));
    }

    @Test
    void undescribedValuesAreFound() {
        ValuesReference found = ValuesReference.of(
                "# About a.\na: 1\nb: 2\nc:\n  # About d.\n  d: 3\n  e: 4\n# About f.\nf:\n  g: 5\n");

        assertThat(found.undescribed()).containsExactly("b", "c.e");
        assertThat(found.rows()).extracting(ValuesReference.Row::key).containsExactly("a", "c.d", "f");
        assertThat(found.rows().get(2).defaultValue()).isEqualTo("{\"g\":5}");
    }

    @Test
    void schemaKnowsTheValuesAndNoOthers() throws IOException {
        Object schema = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(Chart.file("values.schema.json")));

        Set<String> known = new TreeSet<>();
        collect("", Manifests.map(schema), known);
        known.remove("global"); // Helm's own
        Set<String> there = new TreeSet<>();
        reference.rows().forEach(row -> there.add(row.key()));
        assertThat(known).isEqualTo(there);
    }

    /** The properties that are described one by one: those of closed objects, down to what is described as a whole. */
    private void collect(String prefix, Map<String, Object> schema, Set<String> known) {
        for (Map.Entry<String, Object> property :
                Manifests.map(schema.get("properties")).entrySet()) {
            String key = prefix + property.getKey();
            Map<String, Object> child = Manifests.map(property.getValue());
            boolean whole = reference.rows().stream().anyMatch(row -> row.key().equals(key));
            if (!whole && child.containsKey("properties")) {
                assertThat(child).as(key).containsEntry("additionalProperties", false);
                collect(key + ".", child, known);
            } else {
                known.add(key);
            }
        }
    }

    @Test
    void readmeHasTheTable() throws IOException {
        Path readme = Chart.file("README.md");
        String text = Files.readString(readme);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf(END);
        assertThat(List.of(begin, end)).allMatch(index -> index >= BEGIN.length());
        String table = "\n" + reference.table() + "\n";
        if (Boolean.getBoolean("covey.write.reference")) {
            Files.writeString(readme, text.substring(0, begin) + table + text.substring(end));
        } else {
            assertThat(text.substring(begin, end))
                    .as("write it anew with -Dcovey.write.reference=true")
                    .isEqualTo(table);
        }
    }
}
