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
{{- $backups := int (default 1 (index $clusterKeys "backup-count")) -}}
{{- if hasKey $clusterKeys "backup-count" }}{{- $backups = int (index $clusterKeys "backup-count") }}{{- end -}}
{{- if and (gt $founders 1) (ge $backups $founders) -}}
{{- fail (printf "config.cluster.backup-count: %d copies beside the owner's want at least %d nodes, there are %d" $backups (add1 $backups) $founders) -}}
{{- end -}}
{{- $minimum := int (default 0 (index $clusterKeys "minimum-members")) -}}
{{- if gt $minimum $founders -}}
{{- fail (printf "config.cluster.minimum-members: %d nodes would be needed for service, there are %d" $minimum $founders) -}}
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
{{- end -}}
