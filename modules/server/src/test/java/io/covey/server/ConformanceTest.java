package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tags of the standards' statements in the sources. */
class ConformanceTest {
    private final Conformance conformance = new Conformance(Path.of("../.."));

    @Test
    void tagsNameStatementsOfTheStandards() {
        assertThat(conformance.unknownTags()).isEmpty();
    }
}
