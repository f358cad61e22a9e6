package io.covey.config;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One configuration key: its type, default and meaning. The single source for parsing, error messages and the documentation.
 *
 * @param key kebab-case levels joined by dots; {@code *} stands for a name that the operator chooses
 * @param type what values look like
 * @param defaultValue as it would be written, or null where the key has none
 * @param allowed the values of a {@link Type#CHOICE}, else empty
 * @param min the lowest number allowed
 * @param max the highest number allowed
 * @param unit the unit of a number, or the empty string
 * @param description one line for the operator
 * @param peers what operators of other brokers know it as
 */
record Setting(
        String key,
        Type type,
        @Nullable String defaultValue,
        List<String> allowed,
        long min,
        long max,
        String unit,
        String description,
        Peers peers) {

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%\\[\\]-]+");

    /** What a value looks like. The values of a secret are masked wherever they would be shown. */
    enum Type {
        TEXT,
        SECRET,
        NUMBER,
        SWITCH,
        CHOICE,
        HOST,
        LIST
    }

    /** The names that the same thing has elsewhere; empty where the broker has no such setting. */
    record Peers(String emqx, String hivemq, String mosquitto) {
        static final Peers NONE = new Peers("", "", "");
    }

    static Setting text(String key, @Nullable String defaultValue, String description) {
        return of(key, Type.TEXT, defaultValue, List.of(), description);
    }

    static Setting secret(String key, String defaultValue, String description) {
        return of(key, Type.SECRET, defaultValue, List.of(), description);
    }

    static Setting host(String key, String defaultValue, String description) {
        return of(key, Type.HOST, defaultValue, List.of(), description);
    }

    static Setting list(String key, String defaultValue, String description) {
        return of(key, Type.LIST, defaultValue, List.of(), description);
    }

    static Setting onOff(String key, boolean defaultValue, String description) {
        return of(key, Type.SWITCH, Boolean.toString(defaultValue), List.of(), description);
    }

    static Setting choice(String key, String defaultValue, List<String> allowed, String description) {
        return of(key, Type.CHOICE, defaultValue, allowed, description);
    }

    static Setting number(
            String key, @Nullable Long defaultValue, long min, long max, String unit, String description) {
        String written = defaultValue == null ? null : Long.toString(defaultValue);
        return new Setting(key, Type.NUMBER, written, List.of(), min, max, unit, description, Peers.NONE);
    }

    static Setting port(String key, @Nullable Long defaultValue, String description) {
        return number(key, defaultValue, 0, 65535, "", description);
    }

    private static Setting of(
            String key, Type type, @Nullable String defaultValue, List<String> allowed, String description) {
        return new Setting(key, type, defaultValue, allowed, 0, 0, "", description, Peers.NONE);
    }

    /** The same setting with the names that it has elsewhere; the empty string where there is none. */
    Setting knownAs(String emqx, String hivemq, String mosquitto) {
        Peers names = new Peers(emqx, hivemq, mosquitto);
        return new Setting(key, type, defaultValue, allowed, min, max, unit, description, names);
    }

    boolean isSecret() {
        return type == Type.SECRET;
    }

    /** Whether this setting covers a concrete key, names included. */
    boolean covers(String concrete) {
        if (key.indexOf('*') < 0) {
            return key.equals(concrete);
        }
        return Pattern.matches(key.replace(".", "\\.").replace("*", "[a-z0-9][a-z0-9-]*"), concrete);
    }

    /** The value in its normal form; throws where it is not allowed. */
    String check(String concreteKey, String value, String source) {
        String trimmed = value.strip();
        boolean valid =
                switch (type) {
                    case TEXT, SECRET, LIST -> true;
                    case SWITCH -> trimmed.equals("true") || trimmed.equals("false");
                    case CHOICE -> allowed.contains(trimmed);
                    case HOST -> HOST.matcher(trimmed).matches();
                    case NUMBER -> isNumberInRange(trimmed);
                };
        if (!valid) {
            String shown = isSecret() ? "a secret value" : "'" + value + "'";
            throw new ConfigurationException(
                    concreteKey + ": " + shown + " (from " + source + ") is not allowed; it takes " + allowedValues());
        }
        return trimmed;
    }

    private boolean isNumberInRange(String value) {
        try {
            long number = Long.parseLong(value);
            return number >= min && number <= max;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /** What is allowed, in words. */
    String allowedValues() {
        return switch (type) {
            case TEXT, SECRET -> "a text";
            case LIST -> "a list, separated by commas";
            case SWITCH -> "true or false";
            case CHOICE -> "one of " + String.join(", ", allowed);
            case HOST -> "a host name or address";
            case NUMBER -> "a whole number from " + min + " to " + max + (unit.isEmpty() ? "" : " (" + unit + ")");
        };
    }
}
