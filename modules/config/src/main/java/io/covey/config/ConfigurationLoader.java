package io.covey.config;

import io.covey.config.Configuration.Value;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
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
    private static final String DEFAULT = "default";
    private static final String LISTENERS = "listeners.";
    private static final Pattern LISTENER_NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

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

    /** The lowest and the highest number that a key takes; empty for a key that does not take a number. */
    public static List<Long> rangeOf(String key) {
        Setting setting = Settings.find(key);
        return setting == null || setting.type() != Setting.Type.NUMBER
                ? List.of()
                : List.of(setting.min(), setting.max());
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
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "this user may not read it";
        }
        if (e instanceof MalformedInputException) {
            return "it is not a text in UTF-8";
        }
        return String.valueOf(e.getMessage());
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
            put(key, items(key, list, source), source);
        } else if (node != null || !isSection(key)) {
            put(key, node == null ? "" : node.toString(), source);
        }
    }

    private static String items(String key, List<?> list, String source) {
        Setting setting = Settings.find(key);
        if (setting != null && setting.type() != Setting.Type.LIST) {
            throw new ConfigurationException(
                    key + ": a list (from " + source + ") is not allowed; it takes " + setting.allowedValues());
        }
        for (Object item : list) {
            if (item == null || item instanceof Map<?, ?> || item instanceof List<?>) {
                throw new ConfigurationException(key + ": '" + item + "' (from " + source
                        + ") is not allowed; it takes a list of plain texts or numbers");
            }
        }
        return String.join(",", list.stream().map(String::valueOf).toList());
    }

    /** Whether a key without a value is a section of which everything is commented out. */
    private static boolean isSection(String key) {
        String named = key.startsWith(LISTENERS) ? LISTENERS + "*" : key;
        return Settings.ALL.stream().anyMatch(setting -> setting.key().startsWith(named + "."));
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
            throw new ConfigurationException("--set: '" + assignment + "' is not allowed; it takes key=value");
        }
        put(assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "--set");
    }

    private void put(String key, String value, String source) {
        Setting setting = Settings.find(key);
        if (setting == null) {
            throw new ConfigurationException("unknown key '" + key + "' (from " + source
                    + "); the nearest known key is '" + nearestKey(key) + "'");
        }
        values.put(key, new Value(setting.check(key, value, source), source));
    }

    private static String nearestKey(String key) {
        String[] levels = key.split("\\.", -1);
        String name = levels.length > 2 && LISTENER_NAME.matcher(levels[1]).matches() ? levels[1] : "tcp";
        String nearest = "";
        int least = Integer.MAX_VALUE;
        for (Setting setting : Settings.ALL) {
            String candidate = setting.key().replace("*", name);
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
            if (key.startsWith(LISTENERS)) {
                listeners.add(key.substring(LISTENERS.length(), key.lastIndexOf('.')));
            }
        }
        values.putIfAbsent("listeners.tcp.port", new Value("1883", DEFAULT));
        Value passwords = values.get("auth.password-file");
        if (passwords != null && !passwords.text().isEmpty()) {
            values.putIfAbsent("auth.allow-anonymous", new Value("false", DEFAULT + " with auth.password-file"));
        }
        for (Setting setting : Settings.ALL) {
            if (setting.key().startsWith(LISTENERS)) {
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
        values.put(key, new Value(setting.defaultValue(), DEFAULT));
    }
}
