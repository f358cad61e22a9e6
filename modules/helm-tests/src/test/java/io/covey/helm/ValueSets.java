package io.covey.helm;

import java.util.LinkedHashMap;
import java.util.Map;

/** Values as operators set them, by what they are for. */
final class ValueSets {
    private static final Map<String, String> ALL = new LinkedHashMap<>();

    static {
        ALL.put("defaults", "{}");
        ALL.put("one node", "replicaCount: 1\npersistence: {enabled: false}\n");
        ALL.put(
                "autoscaling",
                """
                autoscaling: {enabled: true, minReplicas: 3, maxReplicas: 7, targetMemoryUtilizationPercentage: 80}
                pdb: {minAvailable: 2}
                """);
        ALL.put(
                "monitoring",
                """
                serviceMonitor:
                  enabled: true
                  namespace: monitoring
                  labels: {release: prometheus}
                  metricRelabelings: [{action: labeldrop, regex: pod}]
                prometheusRule: {enabled: true, namespace: monitoring, labels: {release: prometheus}}
                networkPolicy:
                  managementFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
                """);
        ALL.put(
                "everything",
                """
                replicaCount: 5
                config:
                  cluster: {name: fleet, backup-count: 2, minimum-members: 3}
                  mqtt:
                    max-packet-size: 16777216
                    queue: {messages: 1000000, overflow: drop-oldest}
                    memory-limit: 1125899906842624
                    response-information: "replies/on"
                  storage: {durability: fsync}
                image:
                  repository: example.com/covey
                  digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
                  pullSecrets: [{name: pull}]
                commonLabels: {team: "1234"}
                auth:
                  anonymous: true
                  username: "fleet owner"
                  password: "p\\"a$s'w: {o}rd"
                  users: {meter: "$2b$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"}
                websocket: {enabled: true}
                service:
                  type: LoadBalancer
                  annotations: {example.com/balancer: "yes"}
                  ports: {mqtt: 11883, websocket: 443}
                  nodePorts: {mqtt: 31883, websocket: 0}
                  externalTrafficPolicy: Local
                  loadBalancerClass: example.com/balancer
                  loadBalancerSourceRanges: [10.0.0.0/8]
                ingress:
                  enabled: true
                  className: nginx
                  annotations: {nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"}
                  host: mqtt.example.com
                  tls: [{secretName: mqtt-tls, hosts: [mqtt.example.com]}]
                persistence:
                  storageClass: fast
                  accessModes: [ReadWriteOncePod]
                  size: 1.5Ti
                  annotations: {example.com/backup: daily}
                  retention: {whenDeleted: Delete, whenScaled: Retain}
                javaOptions: "-Xlog:gc -XX:MaxRAMPercentage=60"
                pdb: {maxUnavailable: 20%}
                networkPolicy: {clientsFrom: [{ipBlock: {cidr: 10.0.0.0/8}}]}
                serviceAccount: {name: mqtt, annotations: {example.com/role: mqtt}}
                podAntiAffinityPreset: hard
                topologySpreadConstraints:
                  - {maxSkew: 2, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}
                nodeSelector: {disk: ssd}
                tolerations: [{key: dedicated, operator: Exists}]
                priorityClassName: high
                podAnnotations: {example.com/note: "true"}
                podLabels: {tier: edge}
                extraEnv: [{name: TZ, value: UTC}]
                extraVolumes: [{name: more, emptyDir: {}}]
                extraVolumeMounts: [{name: more, mountPath: /more}]
                drain: {deadlineSeconds: 500}
                terminationGracePeriodSeconds: 600
                """);
        ALL.put(
                "own parts",
                """
                fullnameOverride: demo-covey
                drain: {enabled: false}
                auth: {existingSecret: my-users}
                serviceAccount: {create: false}
                networkPolicy: {enabled: false}
                pdb: {enabled: false}
                affinity: {nodeAffinity: {}}
                topologySpreadConstraints: []
                resources: {}
                """);
    }

    private ValueSets() {}

    /** Name and YAML of each. */
    static Map<String, String> all() {
        return ALL;
    }

    static String of(String name) {
        String values = ALL.get(name);
        if (values == null) {
            throw new IllegalArgumentException("no values are called " + name);
        }
        return values;
    }
}
