package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicFiltersTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "/", "a/", "/a", "a//b", "$SYS/x", " ", "sport/tennis", "Grüße/日本/😀", "\uFEFFa"})
    void namesOfAtLeastOneCharacterAreValid(String name) {
        assertThat(TopicFilters.isValidName(name)).isTrue();
        assertThat(TopicFilters.isValidFilter(name)).isTrue();
    }

    @ParameterizedTest // [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-1.5.4-1]
    @ValueSource(strings = {"", "a\0b", "\uD83D", "\uDE00", "a\uDE00\uD83D"})
    void emptyAndUnsendableStringsAreNeitherNameNorFilter(String topic) {
        assertThat(TopicFilters.isValidName(topic)).isFalse();
        assertThat(TopicFilters.isValidFilter(topic)).isFalse();
        assertThat(TopicFilters.isValidShared("$share/g/" + topic)).isFalse();
    }

    @ParameterizedTest // [MQTT-3.3.2-2]
    @ValueSource(strings = {"+", "#", "a+", "a/#", "+/a", "a#b"})
    void namesHaveNoWildcards(String name) {
        assertThat(TopicFilters.isValidName(name)).isFalse();
    }

    @Test // [MQTT-4.7.3-3]
    void lengthIsCountedInBytes() {
        assertThat(TopicFilters.isValidName("a".repeat(65_535))).isTrue();
        assertThat(TopicFilters.isValidName("a".repeat(65_536))).isFalse();
        assertThat(TopicFilters.isValidFilter("ü".repeat(32_767) + "a")).isTrue();
        assertThat(TopicFilters.isValidFilter("ü".repeat(32_768))).isFalse();
        assertThat(TopicFilters.isValidName("😀".repeat(16_383) + "abc")).isTrue();
        assertThat(TopicFilters.isValidName("😀".repeat(16_384))).isFalse();
        assertThat(TopicFilters.isValidShared("$share/g/" + "a".repeat(65_526))).isTrue();
        assertThat(TopicFilters.isValidShared("$share/g/" + "a".repeat(65_527))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "+", "+/+", "/+", "+/", "a/#", "/#", "+/#", "a/+/b", "sport/+/player1", "$SYS/#"})
    void wildcardsAloneInTheirLevelAreValid(String filter) {
        assertThat(TopicFilters.isValidFilter(filter)).isTrue();
        assertThat(TopicFilters.isValidShared("$share/group/" + filter)).isTrue();
    }

    @ParameterizedTest // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
    @ValueSource(strings = {"a#", "#/", "#/a", "a/#/b", "a+", "+a", "a/+b/c", "a/b+/c", "++", "##", "+#", "#+", "a/b#"})
    void wildcardsInCompanyAreInvalid(String filter) {
        assertThat(TopicFilters.isValidFilter(filter)).isFalse();
        assertThat(TopicFilters.isValidShared("$share/group/" + filter)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "sport/tennis/player1/#, sport/tennis/player1, true",
        "sport/tennis/player1/#, sport/tennis/player1/ranking, true",
        "sport/tennis/player1/#, sport/tennis/player1/score/wimbledon, true",
        "sport/#, sport, true",
        "sport/#, sports, false",
        "sport/#, spor, false",
        "#, sport, true",
        "#, /, true",
        "sport/tennis/+, sport/tennis/player1, true",
        "sport/tennis/+, sport/tennis/player1/ranking, false",
        "sport/+, sport, false",
        "sport/+, sport/, true",
        "+/+, /finance, true",
        "/+, /finance, true",
        "+, /finance, false",
        "+, finance, true",
        "+/tennis/#, sport/tennis, true",
        "+/tennis/#, sport/tennis/a/b, true",
        "a/+/#, a/b, true",
        "a/+/#, a, false",
        "a//b, a//b, true",
        "a/+/b, a//b, true",
        "a/b, a, false",
        "a, a/b, false",
        "ACCOUNTS, Accounts, false",
        "/#, a, false",
        "/#, /a, true",
        "/, /, true",
        "$SYS/#, $SYS/monitor/Clients, true",
        "$SYS/#, $SYS, true",
        "$SYS/monitor/+, $SYS/monitor/Clients, true",
        "a/#, a/$b, true",
    })
    void filterMatchesName(String filter, String name, boolean expected) {
        assertThat(TopicFilters.matches(filter, name)).isEqualTo(expected);
    }

    @ParameterizedTest // [MQTT-4.7.2-1]
    @CsvSource({"#, $SYS", "#, $SYS/a", "+/monitor/Clients, $SYS/monitor/Clients", "+, $x", "+/#, $SYS/a"})
    void leadingWildcardsDoNotMatchNamesWithDollar(String filter, String name) {
        assertThat(TopicFilters.matches(filter, name)).isFalse();
    }

    @Test
    void matchingAgreesWithSplittingIntoLevels() {
        long seed = 20_240_601;
        Random random = new Random(seed);
        int matched = 0;
        for (int i = 0; i < 100_000; i++) {
            String filter = randomTopic(random, "a", "b", "", "ab", "+", "#", "$a");
            String name = randomTopic(random, "a", "b", "", "ab", "a", "$a", "$a");
            if (!TopicFilters.isValidFilter(filter) || !TopicFilters.isValidName(name)) {
                continue;
            }
            boolean expected = matchesByLevels(filter, name);
            matched += expected ? 1 : 0;
            if (TopicFilters.matches(filter, name) != expected) {
                assertThat(filter + " against " + name).as("seed %d", seed).isEqualTo(expected ? "match" : "no match");
            }
        }
        assertThat(matched).isGreaterThan(1000);
    }

    private static String randomTopic(Random random, String... levels) {
        StringBuilder topic = new StringBuilder(levels[random.nextInt(levels.length)]);
        for (int i = random.nextInt(4); i > 0; i--) {
            topic.append('/').append(levels[random.nextInt(levels.length)]);
        }
        return topic.toString();
    }

    private static boolean matchesByLevels(String filter, String name) {
        String[] filterLevels = filter.split("/", -1);
        String[] nameLevels = name.split("/", -1);
        if (name.startsWith("$") && (filterLevels[0].equals("+") || filterLevels[0].equals("#"))) {
            return false;
        }
        for (int i = 0; i < filterLevels.length; i++) {
            if (filterLevels[i].equals("#")) {
                return true;
            }
            if (i == nameLevels.length || !filterLevels[i].equals("+") && !filterLevels[i].equals(nameLevels[i])) {
                return false;
            }
        }
        return filterLevels.length == nameLevels.length
                || filterLevels.length == nameLevels.length + 1 && filterLevels[nameLevels.length].equals("#");
    }

    @Test // [MQTT-4.8.2-1]
    void sharedFilterIsTakenApart() {
        String filter = "$share/consumer1/sport/tennis/+";

        assertThat(TopicFilters.isShared(filter)).isTrue();
        assertThat(TopicFilters.isValidShared(filter)).isTrue();
        assertThat(TopicFilters.isValid(filter)).isTrue();
        assertThat(TopicFilters.plainFilter(filter)).isEqualTo("sport/tennis/+");
        assertThat(TopicFilters.plainFilter("$share/g//a")).isEqualTo("/a");
        assertThat(TopicFilters.plainFilter("sport/tennis/+")).isEqualTo("sport/tennis/+");
    }

    @ParameterizedTest // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    @ValueSource(
            strings = {
                "$share/",
                "$share//",
                "$share//a",
                "$share/g",
                "$share/g/",
                "$share/g+/a",
                "$share/#/a",
                "a/b",
                "consumer/group/a"
            })
    void illFormedSharedFiltersAreInvalid(String filter) {
        assertThat(TopicFilters.isValidShared(filter)).isFalse();
        assertThat(TopicFilters.isValid(filter)).isEqualTo(!filter.startsWith("$share/"));
    }

    @Test
    void theBareWordShareIsAnOrdinaryFilter() {
        assertThat(TopicFilters.isShared("$share")).isFalse();
        assertThat(TopicFilters.isShared("$shared/a/b")).isFalse();
        assertThat(TopicFilters.isValidFilter("$share")).isTrue();
    }

    @Test
    void levelsAreCounted() {
        assertThat(TopicFilters.levels("a")).isEqualTo(1);
        assertThat(TopicFilters.levels("/")).isEqualTo(2);
        assertThat(TopicFilters.levels("a/+/#")).isEqualTo(3);
    }
}
