package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tags of the standards' statements in the sources. */
class ConformanceTest {
    private static final Path ROOT = Path.of("../..");

    private final Conformance conformance = new Conformance(ROOT);

    @Test
    void tagsNameStatementsOfTheStandards() {
        assertThat(conformance.unknownTags()).isEmpty();
    }

    @Test
    void documentIsWrittenFromTheTags() throws Exception {
        assertThat(Files.readString(ROOT.resolve(Conformance.DOCUMENT)))
                .as("docs/conformance.md is stale; write it anew with scripts/conformance")
                .isEqualTo(conformance.document());
    }

    @Test
    void statementsThatBindAServerAreProvenOrHaveAReason() {
        assertThat(conformance.uncovered()).isEmpty();
    }
}
