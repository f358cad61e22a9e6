package io.covey.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** The borders between modules that Maven's scopes cannot express. */
@AnalyzeClasses(packages = "io.covey", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] CORE = {
        "io.covey.protocol..", "io.covey.routing..", "io.covey.bucket..", "io.covey.session..", "io.covey.broker.."
    };

    @ArchTest
    static final ArchRule theCoreKnowsNoLibraryOfTheOutside = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.vertx..",
                    "io.netty..",
                    "com.hazelcast..",
                    "io.micrometer..",
                    "org.slf4j..",
                    "java.net..",
                    "java.nio.file..");

    @ArchTest
    static final ArchRule theCoreHasNoThreadsLocksOrFutures = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, ThreadLocal.class);

    @ArchTest
    static final ArchRule theCoreReadsNoClockAndDrawsNothing = noClasses()
            .that()
            .resideInAnyPackage(CORE)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Random.class, ThreadLocalRandom.class, Clock.class);

    @ArchTest
    static final ArchRule vertxMqttIsKnownToTheWireOnly = noClasses()
            .that()
            .resideOutsideOfPackage("io.covey.wire..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx.mqtt..", "io.netty.handler.codec.mqtt..");

    @ArchTest
    static final ArchRule hazelcastIsKnownToTheClusterOnly = noClasses()
            .that()
            .resideOutsideOfPackage("io.covey.cluster..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.hazelcast..", "io.vertx.spi.cluster..");

    @ArchTest
    static final ArchRule onlyTheServerEndsTheProcess = noClasses()
            .that()
            .resideOutsideOfPackage("io.covey.server..")
            .should()
            .callMethod(System.class, "exit", int.class);

    /** ClusterManager is Vert.x's own word for what one of our classes extends. */
    @ArchTest
    static final ArchRule namesSayWhatDiffers = noClasses()
            .should()
            .haveNameMatching(".*(Impl|(?<!Cluster)Manager|Helper|Utils?)")
            .orShould()
            .haveNameMatching(".*\\.I[A-Z][a-z].*");

    @ArchTest
    static final ArchRule packagesAreFlat = classes()
            .that(new DescribedPredicate<JavaClass>("are Covey's") {
                @Override
                public boolean test(JavaClass type) {
                    return type.getPackageName().startsWith("io.covey");
                }
            })
            .should()
            .resideInAnyPackage(
                    "io.covey.protocol",
                    "io.covey.routing",
                    "io.covey.bucket",
                    "io.covey.session",
                    "io.covey.broker",
                    "io.covey.wire",
                    "io.covey.cluster",
                    "io.covey.auth",
                    "io.covey.storage",
                    "io.covey.observability",
                    "io.covey.config",
                    "io.covey.server");
}
