package io.covey.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A class of tests that mostly wait, and that promise no times: the build runs two such classes at once, each in a JVM of its own. Whoever measures gaps, rates
 * or delays has the machine for itself, and so has whoever is not marked.
 */
@Tag("beside-others")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface BesideOthers {}
