{{- define "covey.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of objects; short enough for the longest suffix and the labels that Kubernetes makes of it. */}}
{{- define "covey.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else if contains (include "covey.name" .) .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "covey.name" .) | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "covey.headlessName" -}}
{{- printf "%s-headless" (include "covey.fullname" .) -}}
{{- end -}}

{{- define "covey.selectorLabels" -}}
app.kubernetes.io/name: {{ include "covey.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* What tells the nodes' pods from the test's. */}}
{{- define "covey.nodeLabels" -}}
{{ include "covey.selectorLabels" . }}
app.kubernetes.io/component: node
{{- end -}}

{{- define "covey.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "covey.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "covey.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "covey.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "covey.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "covey.authSecretName" -}}
{{- default (printf "%s-auth" (include "covey.fullname" .)) .Values.auth.existingSecret -}}
{{- end -}}

{{/* Of how many nodes the cluster is made at first. */}}
{{- define "covey.founders" -}}
{{- if .Values.autoscaling.enabled -}}
{{- int .Values.autoscaling.minReplicas -}}
{{- else -}}
{{- int .Values.replicaCount -}}
{{- end -}}
{{- end -}}

{{/* Empty for a node without a cluster. */}}
{{- define "covey.clustered" -}}
{{- if gt (int (include "covey.founders" .)) 1 -}}true{{- end -}}
{{- end -}}

{{/* The dotted keys of a map, one per line. Takes (dict "map" MAP "prefix" "a."). */}}
{{- define "covey.flatKeys" -}}
{{- $prefix := .prefix -}}
{{- range $key, $value := .map -}}
{{- if kindIs "map" $value -}}
{{- include "covey.flatKeys" (dict "map" $value "prefix" (printf "%s%s." $prefix $key)) -}}
{{- else -}}
{{- printf "%s%s\n" $prefix $key -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the chart sets in the configuration file, key and the value of the chart that decides on it. */}}
{{- define "covey.ownedKeys" -}}
node.name: the pod's name
listeners.tcp: service.ports.mqtt
listeners.websocket: websocket.enabled and service.ports.websocket
management: the chart
cluster.enabled: replicaCount
cluster.host: the pod's address
cluster.port: the chart
cluster.event-bus-port: the chart
cluster.members: the headless service
cluster.dns: the headless service
storage.directory: persistence
auth.allow-anonymous: auth.anonymous
auth.password-file: auth.password, auth.users or auth.existingSecret
{{- end -}}

{{/*
More than half of the first nodes, so that parts of a cluster cannot form apart. Once there is a cluster it counts its nodes itself, and this is
only a floor: it stays when nodes come, lest all are restarted for it, and goes down when so many have gone that it would be too high.
*/}}
{{- define "covey.minimumMembers" -}}
{{- $majority := add1 (div (int (include "covey.founders" .)) 2) -}}
{{- $before := dig "cluster" "minimum-members" 0 (include "covey.configBefore" . | fromYaml) -}}
{{- if and $before (lt (int $before) (int $majority)) }}{{ int $before }}{{ else }}{{ $majority }}{{ end -}}
{{- end -}}

{{/* The configuration file of the nodes that are installed; empty where there are none, or where Helm does not see the cluster. */}}
{{- define "covey.configBefore" -}}
{{- $map := lookup "v1" "ConfigMap" .Release.Namespace (include "covey.fullname" .) | default dict -}}
{{- dig "data" "covey.yaml" "" $map -}}
{{- end -}}

{{/* The node's configuration file: the operator's map and what the chart sets. Nodes are whatever the headless service knows. */}}
{{- define "covey.config" -}}
{{- $listeners := dict "tcp" (dict "type" "tcp" "host" "0.0.0.0" "port" 1883) -}}
{{- if .Values.websocket.enabled -}}
{{- $_ := set $listeners "websocket" (dict "type" "websocket" "host" "0.0.0.0" "port" 8083) -}}
{{- end -}}
{{- $cluster := dict "enabled" false -}}
{{- $defaults := dict "name" (include "covey.fullname" .) -}}
{{- if include "covey.clustered" . -}}
{{- $cluster = dict "enabled" true "port" 5701 "event-bus-port" 5702 -}}
{{- $_ := set $cluster "dns" (include "covey.headlessName" .) -}}
{{- $_ := set $defaults "minimum-members" (include "covey.minimumMembers" . | int) -}}
{{- end -}}
{{- $owned := dict
    "listeners" $listeners
    "management" (dict "host" "0.0.0.0" "port" 8080)
    "cluster" $cluster
    "storage" (dict "directory" "/data/node")
    "auth" (dict "password-file" "/etc/covey/auth/passwords" "allow-anonymous" .Values.auth.anonymous) -}}
{{- toYaml (mustMergeOverwrite (dict "cluster" $defaults) (deepCopy .Values.config) $owned) -}}
{{- end -}}
