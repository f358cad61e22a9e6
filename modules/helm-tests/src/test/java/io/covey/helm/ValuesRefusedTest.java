package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong values are refused before anything is installed, with a message that names the value. */
class ValuesRefusedTest {

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("replicas: 5", "at '': additional properties 'replicas' not allowed"),
                Arguments.of("image: {repo: x}", "at '/image': additional properties 'repo' not allowed"),
                Arguments.of("replicaCount: three", "at '/replicaCount': got string, want integer"),
                Arguments.of("replicaCount: 0", "at '/replicaCount': minimum: got 0, want 1"),
                Arguments.of("config: []", "config"),
                Arguments.of("service: {type: Loadbalancer}", "at '/service/type': value must be one of"),
                Arguments.of(
                        "service: {ports: {mqtt: 70000}}",
                        "at '/service/ports/mqtt': maximum: got 70,000, want 65,535"),
                Arguments.of("image: {digest: latest}", "at '/image/digest': 'latest' does not match pattern"),
                Arguments.of("image: {pullPolicy: always}", "at '/image/pullPolicy': value must be one of"),
                Arguments.of("persistence: {size: 8GB}", "at '/persistence/size': '8GB' does not match pattern"),
                Arguments.of("persistence: {accessModes: [ReadWriteMany]}", "at '/persistence/accessModes/0'"),
                Arguments.of("auth: {users: {ann: secret}}", "at '/auth/users/ann': 'secret' does not match pattern"),
                Arguments.of("auth: {username: 'a:b'}", "at '/auth/username': 'a:b' does not match pattern"),
                Arguments.of("autoscaling: {enabled: true, minReplicas: 2}", "at '/autoscaling/minReplicas': minimum"),
                Arguments.of("terminationGracePeriodSeconds: 10", "at '/terminationGracePeriodSeconds': minimum"),
                Arguments.of("podAntiAffinityPreset: strict", "at '/podAntiAffinityPreset': value must be one of"),
                Arguments.of("pdb: {maxUnavailable: one}", "at '/pdb/maxUnavailable'"),
                Arguments.of("livenessProbe: {httpGet: {}}", "at '/livenessProbe': additional properties 'httpGet'"),
                Arguments.of("networkPolicy: {managementFrom: [{}]}", "at '/networkPolicy/managementFrom/0'"),
                Arguments.of(
                        "config: {cluster: {members: [a]}}",
                        "config: the key cluster.members is set by the chart; it follows from replicaCount"),
                Arguments.of("config: {cluster.members: a}", "config: the key cluster.members is set by the chart"),
                Arguments.of("config: {node: {name: a}}", "config: the key node.name is set by the chart"),
                Arguments.of(
                        "config: {auth: {allow-anonymous: true}}",
                        "config: the key auth.allow-anonymous is set by the chart; it follows from auth.anonymous"),
                Arguments.of(
                        "config: {listeners: {tcp: {port: 1884}}}",
                        "config: the key listeners.tcp.port is set by the chart; it follows from service.ports.mqtt"),
                Arguments.of(
                        "config: {storage: {directory: /d}}", "config: the key storage.directory is set by the chart"),
                Arguments.of(
                        "config: {cluster: {backup-count: 3}}",
                        "config.cluster.backup-count: 3 copies beside the owner's want at least 4 nodes, there are 3"),
                Arguments.of(
                        "config: {cluster: {minimum-members: 4}}",
                        "config.cluster.minimum-members: 4 nodes would be needed for service, there are 3"),
                Arguments.of(
                        "ingress: {enabled: true}", "ingress.enabled: an ingress carries MQTT over WebSocket only"),
                Arguments.of(
                        "auth: {existingSecret: s, password: p}",
                        "auth.existingSecret: its password file takes the place"),
                Arguments.of(
                        "auth: {password: \"" + "\u00e4".repeat(37) + "\"}",
                        "auth.password: bcrypt looks at no more than 72 bytes"),
                Arguments.of(
                        "auth: {users: {covey: $2b$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu}}",
                        "auth.users: covey is the user of auth.username already"),
                Arguments.of(
                        "autoscaling: {enabled: true, minReplicas: 5, maxReplicas: 4}",
                        "autoscaling.minReplicas: more than autoscaling.maxReplicas"),
                Arguments.of(
                        "autoscaling: {enabled: true, targetCPUUtilizationPercentage: 0}",
                        "there is nothing to scale by"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void wrongValuesAreRefusedByName(String values, String message) {
        assertThat(Chart.refusal(values)).contains(message);
    }
}
