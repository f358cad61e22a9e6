package io.covey.it;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;

/** A table of questions about a server, each asked in every version of MQTT that it concerns. */
final class Cases {
    /** Asks one question; throws when the answer is wrong. */
    interface Check {
        void ask(Probe probe) throws Exception;
    }

    /**
     * One question.
     *
     * @param clause the statement of the standard; where MQTT 3.1.1 and 5.0 number it differently, both with a bar between
     */
    record Case(String clause, String question, Mqtt mqtt, Check check) {
        String title() {
            int bar = clause.indexOf('|');
            String mine = bar < 0 ? clause : mqtt.is5() ? clause.substring(bar + 1) : clause.substring(0, bar);
            String cited = Character.isDigit(mine.charAt(0)) && mine.contains("-") ? "MQTT-" + mine : mine;
            return "%s [%s] %s".formatted(mqtt.label, cited, question);
        }

        DynamicTest against(ProbeTarget target) {
            return DynamicTest.dynamicTest(title(), () -> {
                try (Probe probe = new Probe(target, mqtt)) {
                    check.ask(probe);
                }
            });
        }
    }

    static final Set<Mqtt> ALL = EnumSet.allOf(Mqtt.class);
    static final Set<Mqtt> OASIS = EnumSet.of(Mqtt.V311, Mqtt.V5);
    static final Set<Mqtt> BEFORE_5 = EnumSet.of(Mqtt.V31, Mqtt.V311);

    private final List<Case> cases = new ArrayList<>();

    void add(Set<Mqtt> versions, String clause, String question, Check check) {
        for (Mqtt mqtt : versions) {
            cases.add(new Case(clause, question, mqtt, check));
        }
    }

    void all(String clause, String question, Check check) {
        add(ALL, clause, question, check);
    }

    /** For MQTT 3.1.1 and 5.0: what MQTT 3.1 leaves open. */
    void oasis(String clause, String question, Check check) {
        add(OASIS, clause, question, check);
    }

    void before5(String clause, String question, Check check) {
        add(BEFORE_5, clause, question, check);
    }

    void v31(String clause, String question, Check check) {
        add(EnumSet.of(Mqtt.V31), clause, question, check);
    }

    void v311(String clause, String question, Check check) {
        add(EnumSet.of(Mqtt.V311), clause, question, check);
    }

    void v5(String clause, String question, Check check) {
        add(EnumSet.of(Mqtt.V5), clause, question, check);
    }

    List<Case> list() {
        return List.copyOf(cases);
    }
}
