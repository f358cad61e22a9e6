package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an upgrade keeps, changes and refuses, where Helm sees what is installed. */
class UpgradeTest {

    @AfterEach
    void uninstall() {
        FakeCluster.clear();
    }

    private static Manifests install(String values) {
        Manifests installed = Chart.render(values);
        FakeCluster.install(installed);
        return installed;
    }

    private static boolean isPassword(Manifests manifests, String user, String password) {
        String hash = Arrays.stream(manifests.secret("passwords").split("\n"))
                .filter(line -> line.startsWith(user + ":"))
                .map(line -> line.substring(user.length() + 1))
                .findFirst()
                .orElseThrow();
        return BCrypt.verifyer().verify(password.toCharArray(), hash.toCharArray()).verified;
    }

    @Test
    void generatedPasswordIsLongAndItsHashIsInThePasswordFile() {
        Manifests first = Chart.render("{}");

        assertThat(first.secret("password")).matches("[A-Za-z0-9]{24}");
        assertThat(isPassword(first, "covey", first.secret("password"))).isTrue();
        assertThat(Chart.render("{}").secret("password")).isNotEqualTo(first.secret("password"));
    }

    @Test
    void generatedPasswordAndItsHashSurviveAnUpgrade() {
        Manifests first = install("{}");

        Manifests second = Chart.render("commonLabels: {upgraded: again}");

        assertThat(second.secret("password")).isEqualTo(first.secret("password"));
        assertThat(second.secret("passwords")).isEqualTo(first.secret("passwords"));
        assertThat(second.secret("username")).isEqualTo("covey");
    }

    @Test
    void newPasswordOfTheOperatorReplacesTheOldOne() {
        install("{}");

        Manifests second = Chart.render("auth: {password: \"new: pass\\\"word\"}");

        assertThat(second.secret("password")).isEqualTo("new: pass\"word");
        assertThat(isPassword(second, "covey", "new: pass\"word")).isTrue();
    }

    @Test
    void passwordsOfTheOperatorKeepTheirHashWhileTheyAreTheSame() {
        Manifests first = install("auth: {username: ann, password: secret}");

        assertThat(Chart.render("auth: {username: ann, password: secret}").secret("passwords"))
                .isEqualTo(first.secret("passwords"));
        assertThat(isPassword(Chart.render("auth: {username: bob}"), "bob", "secret"))
                .as("another name keeps the password")
                .isTrue();
    }

    @Test
    void usersComeAndGoBesideTheGeneratedOne() {
        String hash = "$2y$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu";
        Manifests first = install("auth: {users: {meter: \"" + hash + "\"}}");

        assertThat(first.secret("passwords")).endsWith("\nmeter:" + hash + "\n");
        assertThat(Chart.render("{}").secret("passwords"))
                .isEqualTo(first.secret("passwords").replace("meter:" + hash + "\n", ""));
    }

    @Test
    void changedUsersDoNotRestartNodesButChangedConfigurationDoes() {
        Object before = checksum(Chart.render("{}"));

        assertThat(checksum(Chart.render("auth: {password: other}"))).isEqualTo(before);
        assertThat(checksum(Chart.render("commonLabels: {a: b}"))).isEqualTo(before);
        assertThat(checksum(Chart.render("config: {mqtt: {topic-levels: 7}}"))).isNotEqualTo(before);
    }

    private static Object checksum(Manifests manifests) {
        return Manifests.at(manifests.pod(), "metadata.annotations.checksum/config");
    }

    @Test
    void nodesLeaveInStepsOfAsManyAsThereAreCopies() {
        install("replicaCount: 5");

        assertThat(Chart.refusal("replicaCount: 3"))
                .contains("replicaCount: from 5 nodes to 3 at once; no more than 1 may leave at a time");
        assertThat(Manifests.at(Chart.render("replicaCount: 4").statefulSet(), "spec.replicas"))
                .isEqualTo(4);
        assertThat(Manifests.at(Chart.render("replicaCount: 9").statefulSet(), "spec.replicas"))
                .isEqualTo(9);
    }

    /** The cluster counts its nodes itself, so none is restarted because others come. */
    @Test
    void moreNodesDoNotRestartThoseThatAreThere() {
        Object before = checksum(install("{}"));

        Manifests five = Chart.render("replicaCount: 5");

        assertThat(checksum(five)).isEqualTo(before);
        assertThat(five.configuration()).contains("minimum-members: 2\n");
    }

    @Test
    void fewerNodesLowerTheMinimumWhereItWouldBeTooHigh() {
        install("replicaCount: 5");
        Manifests four = install("replicaCount: 4");
        assertThat(four.configuration()).contains("minimum-members: 3\n");

        assertThat(Chart.render("replicaCount: 3").configuration()).contains("minimum-members: 2\n");
    }

    @Test
    void nodeAloneDoesNotBecomeAClusterByAnUpgrade() {
        install("replicaCount: 1");

        assertThat(Chart.refusal("replicaCount: 3"))
                .contains("replicaCount: the 1 nodes of this release are one without a cluster");
    }

    @Test
    void whatMustBeEqualOnAllNodesDoesNotChangeWhileTheyRun() {
        install("{}");

        assertThat(Chart.refusal("config: {cluster: {backup-count: 2}}"))
                .contains("config.cluster.backup-count: it is 1 in the running nodes and the same on every node");
        assertThat(Chart.refusal("config: {cluster: {lease: 4000}}")).contains("config.cluster.lease: it is 5000");
        assertThat(Chart.refusal("config: {cluster: {name: other}}")).contains("config.cluster.name: it is demo-covey");
        Chart.render("config: {cluster: {backup-count: 1, lease: 5000}}");
    }

    @Test
    void stoppedNodesMayBeChangedAsOneLikes() {
        Manifests installed = Chart.render("{}");
        Manifests.map(installed.statefulSet().get("spec")).put("replicas", 0);
        FakeCluster.install(installed);

        assertThat(Chart.render("config: {cluster: {backup-count: 2}}").configuration())
                .contains("backup-count: 2");
    }
}
