package io.covey.routing;

import java.util.random.RandomGenerator;

/** Topic Names and Topic Filters of few levels and few words, so that many of them match. */
final class RandomTopics {
    private static final String[] NAME_LEVELS = {"a", "b", "c", "", "ab", "Aa", "BB"};

    private RandomTopics() {}

    static String name(RandomGenerator random) {
        StringBuilder name = new StringBuilder(random.nextInt(8) == 0 ? "$SYS" : level(random));
        for (int i = random.nextInt(4); i > 0; i--) {
            name.append('/').append(level(random));
        }
        return name.isEmpty() ? "/" : name.toString();
    }

    static String filter(RandomGenerator random) {
        String[] levels = name(random).split("/", -1);
        if (random.nextInt(3) == 0) {
            return String.join("/", levels);
        }
        for (int i = 0; i < levels.length; i++) {
            if (random.nextInt(3) == 0) {
                levels[i] = "+";
            }
        }
        String filter = String.join("/", levels);
        return switch (random.nextInt(6)) {
            case 0 -> filter + "/#";
            case 1 -> "#";
            default -> filter;
        };
    }

    private static String level(RandomGenerator random) {
        return NAME_LEVELS[random.nextInt(NAME_LEVELS.length)];
    }
}
