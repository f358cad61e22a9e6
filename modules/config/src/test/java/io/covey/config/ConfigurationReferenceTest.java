package io.covey.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * docs/configuration.md says what the table says. Where it does not any more:
 *
 * <pre>mvn -pl modules/config -Dtest=ConfigurationReferenceTest -Dcovey.write.reference=true verify</pre>
 */
class ConfigurationReferenceTest {
    private static final Path FILE = Path.of("..", "..", "docs", "configuration.md");

    @Test
    void theReferenceIsWrittenFromTheTable() throws Exception {
        if (Boolean.getBoolean("covey.write.reference")) {
            Files.writeString(FILE, reference());
        }
        assertThat(Files.readString(FILE))
                .as("docs/configuration.md is stale; write it anew with: mvn -pl modules/config "
                        + "-Dtest=ConfigurationReferenceTest -Dcovey.write.reference=true verify")
                .isEqualTo(reference());
    }

    private static String reference() {
        StringBuilder text = new StringBuilder(
                """
                # Configuration

                Written from the table in `modules/config` by its `ConfigurationReferenceTest`; a change by hand does not last.

                Weakest to strongest: defaults, one YAML file (`--config FILE`), environment variables, `--set key=value`. The variable of
                `cluster.event-bus-port` is `COVEY_CLUSTER__EVENT_BUS_PORT`: two underscores between levels, one for a dash. Variables that
                begin with `COVEY_` but hold no double underscore, as `COVEY_JAVA_OPTS`, are not configuration. `scripts/covey check` takes
                the same options as `start`, prints every key that is in force with the source of its value, and masks secrets. A mistake
                is one line that names key, value and what is allowed; the exit status is then 2.

                The last three columns tell what the same, or nearly the same, is called in EMQX (path in its configuration), HiveMQ (path in
                its config.xml; `cluster` and `control-center` are not in the community edition) and Mosquitto (option in mosquitto.conf).
                """);
        String section = "";
        for (Setting setting : Settings.ALL) {
            String of = setting.key().substring(0, setting.key().indexOf('.'));
            if (!of.equals(section)) {
                section = of;
                text.append("\n## ").append(section).append("\n\n");
                text.append("| key | default | unit | takes | meaning | EMQX | HiveMQ | Mosquitto |\n");
                text.append("|---|---|---|---|---|---|---|---|\n");
            }
            text.append("| ").append(code(setting.key().replace("*", "<name>")));
            text.append(" | ").append(code(setting.defaultValue() == null ? "" : setting.defaultValue()));
            text.append(" | ").append(setting.unit());
            text.append(" | ").append(setting.allowedValues().replace(" (" + setting.unit() + ")", ""));
            text.append(" | ").append(setting.description());
            text.append(" | ").append(names(setting.peers().emqx()));
            text.append(" | ").append(names(setting.peers().hivemq()));
            text.append(" | ").append(names(setting.peers().mosquitto())).append(" |\n");
        }
        return text.toString();
    }

    private static String names(String names) {
        return String.join(
                ", ",
                Arrays.stream(names.split(", "))
                        .map(ConfigurationReferenceTest::code)
                        .toList());
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }
}
