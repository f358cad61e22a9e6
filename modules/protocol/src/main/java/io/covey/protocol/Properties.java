package io.covey.protocol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An immutable property list of an MQTT 5.0 packet, in the order of the wire.
 *
 * <p>Values are {@code Long} for the numeric types, {@code String}, {@code byte[]} (not to be modified) or {@link UserProperty}.
 * Lists are short, so look-ups scan. Whether a property may stand in a packet, and how often, is the decoder's check.
 */
public final class Properties {
    /** No properties at all. */
    public static final Properties EMPTY = new Properties(List.of());

    /** One property and its value. */
    public record Entry(Property property, Object value) {}

    private final List<Entry> entries;

    private Properties(List<Entry> entries) {
        this.entries = entries;
    }

    /** The list with these entries. */
    public static Properties of(List<Entry> entries) {
        return entries.isEmpty() ? EMPTY : new Properties(List.copyOf(entries));
    }

    /** All entries in order. */
    public List<Entry> entries() {
        return entries;
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The first value of this property, or null. */
    public @Nullable Object value(Property property) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.property() == property) {
                return entry.value();
            }
        }
        return null;
    }

    /** Whether the property is present. */
    public boolean contains(Property property) {
        return value(property) != null;
    }

    /** The numeric value of this property, or {@code absent}. */
    public long number(Property property, long absent) {
        Object value = value(property);
        return value == null ? absent : (Long) value;
    }

    /** The string value of this property, or null. */
    public @Nullable String string(Property property) {
        return (String) value(property);
    }

    /** The binary value of this property, or null; not to be modified. */
    public byte @Nullable [] binary(Property property) {
        return (byte[]) value(property);
    }

    /** The User Properties in order. */
    public List<UserProperty> userProperties() {
        List<UserProperty> result = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.property() == Property.USER_PROPERTY) {
                result.add((UserProperty) entry.value());
            }
        }
        return result;
    }

    /** An estimate of the bytes they hold in memory, for quotas; 0 without properties. */
    public int sizeBytes() {
        return entries.isEmpty() ? 0 : 64 * entries.size() + PropertyCodec.size(this);
    }

    /** A builder that keeps the order in which values are added. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects properties. Owned by one thread. */
    public static final class Builder {
        private final List<Entry> entries = new ArrayList<>();

        private Builder() {}

        /** Adds a numeric property. */
        public Builder add(Property property, long value) {
            entries.add(new Entry(property, value));
            return this;
        }

        /** Adds a string property. */
        public Builder add(Property property, String value) {
            entries.add(new Entry(property, value));
            return this;
        }

        /** Adds a binary property; the array is not copied. */
        public Builder add(Property property, byte[] value) {
            entries.add(new Entry(property, value));
            return this;
        }

        /** Adds a User Property. */
        public Builder addUserProperty(String name, String value) {
            entries.add(new Entry(Property.USER_PROPERTY, new UserProperty(name, value)));
            return this;
        }

        /** The finished list. */
        public Properties build() {
            return of(entries);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof Properties that) || that.entries.size() != entries.size()) {
            return false;
        }
        for (int i = 0; i < entries.size(); i++) {
            Entry left = entries.get(i);
            Entry right = that.entries.get(i);
            boolean same = left.value() instanceof byte[] bytes && right.value() instanceof byte[] others
                    ? Arrays.equals(bytes, others)
                    : left.value().equals(right.value());
            if (left.property() != right.property() || !same) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (Entry entry : entries) {
            int value = entry.value() instanceof byte[] bytes
                    ? Arrays.hashCode(bytes)
                    : entry.value().hashCode();
            hash = 31 * (31 * hash + entry.property().hashCode()) + value;
        }
        return hash;
    }

    @Override
    public String toString() {
        return entries.toString();
    }
}
