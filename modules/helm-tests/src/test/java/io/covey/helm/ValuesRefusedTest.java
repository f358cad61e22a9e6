package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong values are refused before anything is installed, with a message that names the value. */
class ValuesRefusedTest {

    /** The schema finds everything at once. */
    @Test
    void schemaNamesEachWrongValue() {
        String message = Chart.refusal(
                """
                replicas: 5
                replicaCount: three
                config: []
                image: {repo: x, digest: latest, pullPolicy: always}
                service: {type: Loadbalancer, ports: {mqtt: 70000}}
                persistence: {size: 8GB, accessModes: [ReadWriteMany]}
                auth: {username: 'a:b', users: {ann: secret}}
                autoscaling: {minReplicas: 2}
                podAntiAffinityPreset: strict
                pdb: {maxUnavailable: one}
                livenessProbe: {httpGet: {}}
                networkPolicy: {managementFrom: [{}]}
                terminationGracePeriodSeconds: 10
                resources: {request: {}}
                topologySpreadConstraints: [{maxSkew: 1}]
                """);

        assertThat(message)
                .contains("at '': additional properties 'replicas' not allowed")
                .contains("at '/replicaCount': got string, want integer")
                .contains("at '/config': got array, want object")
                .contains("at '/image': additional properties 'repo' not allowed")
                .contains("at '/image/digest': 'latest' does not match pattern")
                .contains("at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'")
                .contains("at '/service/type': value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'")
                .contains("at '/service/ports/mqtt': maximum: got 70,000, want 65,535")
                .contains("at '/persistence/size': '8GB' does not match pattern")
                .contains("at '/persistence/accessModes/0': value must be one of")
                .contains("at '/auth/username': 'a:b' does not match pattern")
                .contains("at '/auth/users/ann': 'secret' does not match pattern")
                .contains("at '/autoscaling/minReplicas': minimum: got 2, want 3")
                .contains("at '/podAntiAffinityPreset': value must be one of")
                .contains("at '/pdb/maxUnavailable'")
                .contains("at '/livenessProbe': additional properties 'httpGet' not allowed")
                .contains("at '/networkPolicy/managementFrom/0'")
                .contains("at '/terminationGracePeriodSeconds': minimum")
                .contains("at '/resources': additional properties 'request' not allowed")
                .contains("at '/topologySpreadConstraints/0': missing properties 'topologyKey', 'whenUnsatisfiable'");
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(
                        "config: {cluster: {members: [a]}}",
                        "config: the key cluster.members is set by the chart; it follows from the headless service"),
                refused("config: {cluster.members: a}", "config: the key cluster.members is set by the chart"),
                refused(
                        "config: {auth: {allow-anonymous: true}}",
                        "config: the key auth.allow-anonymous is set by the chart; it follows from auth.anonymous"),
                refused(
                        "config: {listeners: {tcp: {port: 1884}}}",
                        "config: the key listeners.tcp.port is set by the chart; it follows from service.ports.mqtt"),
                refused(
                        "config: {cluster: {backup-count: 3}}",
                        "config.cluster.backup-count: 3 copies beside the owner's want at least 4 nodes, there are 3"),
                refused(
                        "config: {cluster: {minimum-members: 4}}",
                        "config.cluster.minimum-members: 4 nodes would be needed for service, there are 3"),
                refused(
                        "replicaCount: 5\nconfig: {cluster: {minimum-members: 2}}",
                        "config.cluster.minimum-members: it takes more than half of the nodes, of which there are 5,"
                                + " not 2"),
                refused("ingress: {enabled: true}", "ingress.enabled: an ingress carries MQTT over WebSocket only"),
                refused(
                        "auth: {existingSecret: s, password: p}",
                        "auth.existingSecret: its password file takes the place"),
                refused(
                        "auth: {password: \"" + "\u00e4".repeat(37) + "\"}",
                        "auth.password: bcrypt looks at no more than 72 bytes"),
                refused(
                        "auth: {users: {covey: $2b$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu}}",
                        "auth.users: covey is the user of auth.username already"),
                refused(
                        "autoscaling: {enabled: true, minReplicas: 5, maxReplicas: 4}",
                        "autoscaling.minReplicas: more than autoscaling.maxReplicas"),
                refused(
                        "autoscaling: {enabled: true, targetCPUUtilizationPercentage: 0}",
                        "there is nothing to scale by"),
                refused(
                        "drain: {deadlineSeconds: 300}",
                        "terminationGracePeriodSeconds: 150 is too short for drain.deadlineSeconds=300; it takes at"
                                + " least 330"));
    }

    private static Arguments refused(String values, String message) {
        return Arguments.of(values, message);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatContradictsItselfIsRefused(String values, String message) {
        assertThat(Chart.refusal(values)).contains(message);
    }
}
