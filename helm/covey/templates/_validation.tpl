{{/* What the schema cannot say. Each failure is one sentence that names the value and what it takes. */}}
{{- define "covey.validate" -}}
{{- $flat := include "covey.flatKeys" (dict "map" .Values.config "prefix" "") | trim | splitList "\n" -}}
{{- $owned := include "covey.ownedKeys" . | fromYaml -}}
{{- range $key := $flat -}}
{{- range $mine, $by := $owned -}}
{{- if or (eq $key $mine) (hasPrefix (printf "%s." $mine) $key) -}}
{{- fail (printf "config: the key %s is set by the chart; it follows from %s" $key $by) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $clusterKeys := dict -}}
{{- with .Values.config.cluster }}{{- if kindIs "map" . }}{{- $clusterKeys = . }}{{- end }}{{- end -}}
{{- $founders := int (include "covey.founders" .) -}}
{{- $backups := int (ternary (index $clusterKeys "backup-count") 1 (hasKey $clusterKeys "backup-count")) -}}
{{- if and (gt $founders 1) (ge $backups $founders) -}}
{{- fail (printf "config.cluster.backup-count: %d copies beside the owner's want at least %d nodes, there are %d" $backups (add1 $backups) $founders) -}}
{{- end -}}
{{- $minimum := int (default 0 (index $clusterKeys "minimum-members")) -}}
{{- if gt $minimum $founders -}}
{{- fail (printf "config.cluster.minimum-members: %d nodes would be needed for service, there are %d" $minimum $founders) -}}
{{- end -}}
{{- if and $minimum (le (mul 2 $minimum) $founders) -}}
{{- fail (printf "config.cluster.minimum-members: it takes more than half of the nodes, of which there are %d, not %d" $founders $minimum) -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.websocket.enabled) -}}
{{- fail "ingress.enabled: an ingress carries MQTT over WebSocket only; set websocket.enabled=true, or expose TCP with service.type=LoadBalancer" -}}
{{- end -}}
{{- if gt (len .Values.auth.password) 72 -}}
{{- fail "auth.password: bcrypt looks at no more than 72 bytes, and this is longer" -}}
{{- end -}}
{{- if and .Values.auth.existingSecret (or .Values.auth.password .Values.auth.users) -}}
{{- fail "auth.existingSecret: its password file takes the place of auth.password and auth.users; set one or the other" -}}
{{- end -}}
{{- if hasKey .Values.auth.users .Values.auth.username -}}
{{- fail (printf "auth.users: %s is the user of auth.username already" .Values.auth.username) -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas: more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- if not (or .Values.autoscaling.targetCPUUtilizationPercentage .Values.autoscaling.targetMemoryUtilizationPercentage) -}}
{{- fail "autoscaling: set targetCPUUtilizationPercentage or targetMemoryUtilizationPercentage, else there is nothing to scale by" -}}
{{- end -}}
{{- end -}}
{{- $grace := int .Values.terminationGracePeriodSeconds -}}
{{- $deadline := int .Values.drain.deadlineSeconds -}}
{{- if and .Values.drain.enabled (lt $grace (add $deadline 30)) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short for drain.deadlineSeconds=%d; it takes at least %d" $grace $deadline (add $deadline 30)) -}}
{{- end -}}
{{- include "covey.validateChange" . -}}
{{- end -}}

{{/* What may not change while nodes run. Only where Helm sees the cluster. */}}
{{- define "covey.validateChange" -}}
{{- $present := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "covey.fullname" .) | default dict -}}
{{- $running := int (dig "spec" "replicas" 0 $present) -}}
{{- if gt $running 0 -}}
{{- $before := include "covey.configBefore" . | fromYaml -}}
{{- $after := include "covey.config" . | fromYaml -}}
{{- $was := dig "cluster" "enabled" true $before -}}
{{- $is := dig "cluster" "enabled" false $after -}}
{{- if ne $was $is -}}
{{- fail (printf "replicaCount: the %s nodes of this release are %s, and their data is not that of %s; take `covey backup` and install anew from it, see docs/kubernetes.md" (toString $running) (ternary "a cluster" "one without a cluster" $was) (ternary "a cluster" "one without" $is)) -}}
{{- end -}}
{{- range $key, $default := dict "backup-count" 1 "lease" 5000 "partitions" 0 "name" "" -}}
{{- $now := dig "cluster" $key $default $after -}}
{{- $then := dig "cluster" $key $default $before -}}
{{- if and $before $is (ne (toString $then) (toString $now)) -}}
{{- fail (printf "config.cluster.%s: it is %v in the running nodes and the same on every node, so it cannot become %v one node after the other; scale the StatefulSet to 0 first" $key $then $now) -}}
{{- end -}}
{{- end -}}
{{- $backups := int (dig "cluster" "backup-count" 1 $after) -}}
{{- $wanted := int .Values.replicaCount -}}
{{- if and $is (not .Values.autoscaling.enabled) (gt (sub $running $wanted) (max 1 $backups)) -}}
{{- fail (printf "replicaCount: from %d nodes to %d at once; no more than %d may leave at a time, since that is how many copies there are beside the owner's. Take steps, and wait for each" $running $wanted (max 1 $backups)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
