package io.covey.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.config.Setting.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key of the table, by every way in. What the keys do is tested where they are used: in the server. */
class SettingsTest {
    @TempDir
    Path directory;

    static Stream<Setting> all() {
        return Settings.ALL.stream();
    }

    static Stream<Setting> checked() {
        return all().filter(setting -> switch (setting.type()) {
            case TEXT, SECRET, LIST -> false;
            case NUMBER, SWITCH, CHOICE, HOST -> true;
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void aKeyIsKebabCaseAndDescribedAndItsDefaultIsAllowed(Setting setting) {
        assertThat(setting.key()).matches("[a-z][a-z0-9-]*(\\.([a-z][a-z0-9-]*|\\*))+");
        assertThat(setting.description()).isNotBlank().doesNotContain("\n", "|");
        if (setting.defaultValue() != null) {
            assertThat(setting.check(setting.key(), setting.defaultValue(), "default"))
                    .isEqualTo(setting.defaultValue());
        } else {
            assertThat(setting.key()).isEqualTo("listeners.*.port");
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void withoutAnythingAKeyHasItsDefault(Setting setting) {
        Configuration configuration = ConfigurationLoader.load(null, Map.of(), List.of());

        String expected = setting.key().equals("listeners.*.port") ? "1883" : setting.defaultValue();
        assertThat(configuration.text(concrete(setting))).isEqualTo(expected);
        assertThat(configuration.source(concrete(setting))).isEqualTo("default");
    }

    @ParameterizedTest
    @MethodSource("all")
    void aKeyIsTakenFromFileAndEnvironmentAndAssignment(Setting setting) throws Exception {
        String key = concrete(setting);
        String value = otherThanDefault(setting);
        Path file = Files.writeString(directory.resolve("covey.yaml"), yaml(key, value));
        String variable = "COVEY_" + key.replace(".", "__").replace('-', '_').toUpperCase(Locale.ROOT);

        Configuration byFile = ConfigurationLoader.load(file, Map.of(), List.of());
        Configuration byVariable = ConfigurationLoader.load(null, Map.of(variable, value), List.of());
        Configuration byAssignment = ConfigurationLoader.load(null, Map.of(), List.of(key + "=" + value));

        assertThat(byFile.text(key)).isEqualTo(value);
        assertThat(byFile.source(key)).isEqualTo(file.toString());
        assertThat(byVariable.text(key)).isEqualTo(value);
        assertThat(byVariable.source(key)).isEqualTo("the variable " + variable);
        assertThat(byAssignment.text(key)).isEqualTo(value);
        assertThat(byAssignment.source(key)).isEqualTo("--set");
    }

    @ParameterizedTest
    @MethodSource("checked")
    void aWrongValueIsOneLineWithKeyValueSourceAndWhatIsAllowed(Setting setting) {
        String key = concrete(setting);
        String wrong = "not this!";

        assertThatThrownBy(() -> ConfigurationLoader.load(null, Map.of(), List.of(key + "=" + wrong)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(key + ": 'not this!' (from --set) is not allowed; it takes " + setting.allowedValues());
    }

    @ParameterizedTest
    @MethodSource("all")
    void aNumberTakesBothEndsOfItsRangeAndNothingBeyond(Setting setting) {
        if (setting.type() == Type.NUMBER) {
            String key = concrete(setting);
            assertThat(setting.check(key, " " + setting.min() + " ", "--set")).isEqualTo("" + setting.min());
            assertThat(setting.check(key, "" + setting.max(), "--set")).isEqualTo("" + setting.max());
            assertThatThrownBy(() -> setting.check(key, "" + (setting.min() - 1), "--set"))
                    .hasMessageContaining("from " + setting.min() + " to " + setting.max());
            assertThatThrownBy(() -> setting.check(key, "" + (setting.max() + 1), "--set"))
                    .isInstanceOf(ConfigurationException.class);
        }
    }

    private static String concrete(Setting setting) {
        return setting.key().replace("*", "tcp");
    }

    private static String otherThanDefault(Setting setting) {
        return switch (setting.type()) {
            case TEXT, SECRET -> "some text";
            case LIST -> "one:1,two:2";
            case SWITCH -> setting.defaultValue().equals("true") ? "false" : "true";
            case CHOICE -> setting.allowed().get(setting.allowed().size() - 1);
            case HOST -> "127.0.0.9";
            case NUMBER ->
                Long.toString(
                        setting.defaultValue() != null && setting.defaultValue().equals("" + setting.max())
                                ? setting.max() - 1
                                : setting.max());
        };
    }

    private static String yaml(String key, String value) {
        StringBuilder text = new StringBuilder();
        String[] levels = key.split("\\.");
        for (int i = 0; i < levels.length; i++) {
            text.append("  ".repeat(i)).append(levels[i]).append(':');
            text.append(i < levels.length - 1 ? "\n" : " " + value + "\n");
        }
        return text.toString();
    }
}
