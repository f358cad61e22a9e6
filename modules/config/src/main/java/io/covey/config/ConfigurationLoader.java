package io.covey.config;

import io.covey.config.Configuration.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads configuration from a YAML file, the environment and {@code --set}, weakest to strongest, and checks it against {@link Settings}.
 * Every mistake is a {@link ConfigurationException} with one line.
 */
public final class ConfigurationLoader {
    private static final String ENVIRONMENT_PREFIX = "COVEY_";

    private final Map<String, Value> values = new TreeMap<>();

    private ConfigurationLoader() {}

    /**
     * Loads and checks.
     *
     * @param file the YAML file, or null for none
     * @param environment only variables {@code COVEY_A__B_C} with a double underscore are read
     * @param assignments {@code key=value} each, the strongest
     */
    public static Configuration load(@Nullable Path file, Map<String, String> environment, List<String> assignments) {
        ConfigurationLoader loader = new ConfigurationLoader();
        if (file != null) {
            loader.readFile(file);
        }
        new TreeMap<>(environment).forEach(loader::readVariable);
        assignments.forEach(loader::readAssignment);
        loader.fillDefaults();
        return new Configuration(loader.values);
    }

    private void readFile(Path file) {
        String yaml;
        try {
            yaml = Files.readString(file);
        } catch (IOException e) {
            throw new ConfigurationException("cannot read the configuration file " + file + ": " + reason(e));
        }
        Object root;
        try {
            root = new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(yaml);
        } catch (MarkedYamlEngineException e) {
            String place = e.getProblemMark()
                    .map(mark -> " line " + (mark.getLine() + 1))
                    .orElse("");
            throw new ConfigurationException(file + place + ": not valid YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ConfigurationException(file + ": not valid YAML: " + firstLine(e));
        }
        if (root != null) {
            flatten("", root, file.toString());
        }
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException
                ? "no such file"
                : e.getClass().getSimpleName();
    }

    private static String firstLine(Exception e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private void flatten(String key, @Nullable Object node, String source) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((name, value) -> flatten(key.isEmpty() ? "" + name : key + "." + name, value, source));
        } else if (key.isEmpty()) {
            throw new ConfigurationException(source + ": the file must hold keys and values");
        } else if (node instanceof List<?> list) {
            put(key, String.join(",", list.stream().map(String::valueOf).toList()), source);
        } else {
            put(key, node == null ? "" : node.toString(), source);
        }
    }

    private void readVariable(String name, String value) {
        if (!name.startsWith(ENVIRONMENT_PREFIX) || !name.contains("__")) {
            return;
        }
        String key = name.substring(ENVIRONMENT_PREFIX.length())
                .replace("__", ".")
                .replace('_', '-')
                .toLowerCase(Locale.ROOT);
        put(key, value, "the variable " + name);
    }

    private void readAssignment(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            throw new ConfigurationException("--set takes key=value, not '" + assignment + "'");
        }
        put(assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set");
    }

    private void put(String key, String value, String source) {
        for (Setting setting : Settings.ALL) {
            if (setting.covers(key)) {
                values.put(key, new Value(setting.check(key, value, source), source));
                return;
            }
        }
        throw new ConfigurationException(
                "unknown key '" + key + "' (from " + source + "); the nearest known key is '" + nearestKey(key) + "'");
    }

    private static String nearestKey(String key) {
        String nearest = "";
        int least = Integer.MAX_VALUE;
        for (Setting setting : Settings.ALL) {
            String candidate = setting.key().replace("*", "tcp");
            int distance = LevenshteinDistance.getDefaultInstance().apply(key, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    private void fillDefaults() {
        SortedSet<String> listeners = new TreeSet<>(List.of("tcp"));
        for (String key : values.keySet()) {
            if (key.startsWith("listeners.")) {
                listeners.add(key.substring("listeners.".length(), key.lastIndexOf('.')));
            }
        }
        values.putIfAbsent("listeners.tcp.port", new Value("1883", "default"));
        for (Setting setting : Settings.ALL) {
            if (setting.key().startsWith("listeners.*.")) {
                for (String name : listeners) {
                    fillDefault(setting.key().replace("*", name), setting);
                }
            } else {
                fillDefault(setting.key(), setting);
            }
        }
    }

    private void fillDefault(String key, Setting setting) {
        if (values.containsKey(key)) {
            return;
        }
        if (setting.defaultValue() == null) {
            throw new ConfigurationException(key + ": missing; it takes " + setting.allowedValues());
        }
        values.put(key, new Value(setting.defaultValue(), "default"));
    }
}
