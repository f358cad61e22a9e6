package io.covey.session;

import java.util.HashMap;
import java.util.Map;

/**
 * The Topic Aliases that the broker sets up towards a client: the first topics get one each and keep it, within what the client takes
 * [MQTT-3.1.2-26] and the operator allows, also in characters of all topics together. Takes no memory until the first.
 */
final class OutboundAliases {
    /** Characters of a Topic Name up to which an alias, three bytes, saves nothing. */
    private static final int TOPIC_CHARACTERS_WITHOUT_GAIN = 3;

    /** What a Topic Alias adds to a packet beside its Topic Name. */
    static final int PROPERTY_BYTES = 3;

    private static final Map<String, Integer> NONE = Map.of();

    private final int aliasMaximum;
    private final int charactersMax;
    private Map<String, Integer> aliases = NONE;

    private int characters;

    OutboundAliases(int aliasMaximum, int charactersMax) {
        this.aliasMaximum = aliasMaximum;
        this.charactersMax = charactersMax;
    }

    /** Whether there are none for this client. */
    boolean isOff() {
        return aliasMaximum == 0; // [MQTT-3.1.2-27]
    }

    /** What {@link ConnectionEffects#sendPublish} takes: 0 for no alias, negative for a known one, positive for one that is new. */
    int aliasOf(String topic, boolean mayBeNew) {
        if (topic.length() <= TOPIC_CHARACTERS_WITHOUT_GAIN) {
            return 0;
        }
        Integer known = aliases.get(topic);
        if (known != null) {
            return -known;
        }
        if (!mayBeNew || aliases.size() >= aliasMaximum) { // [MQTT-3.3.2-11]
            return 0;
        }
        if (topic.length() > charactersMax - characters) {
            return 0;
        }
        characters += topic.length();
        if (aliases == NONE) {
            aliases = new HashMap<>();
        }
        int alias = aliases.size() + 1;
        aliases.put(topic, alias);
        return alias;
    }
}
