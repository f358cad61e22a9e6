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
cluster.members: replicaCount
cluster.dns: autoscaling.enabled
storage.directory: persistence
auth.allow-anonymous: auth.anonymous
auth.password-file: auth.password, auth.users or auth.existingSecret
{{- end -}}

{{/*
The node's configuration file: the operator's map and what the chart sets. A fixed number of nodes is listed by name, so that after all were down
the cluster waits for all of their disks. Where the number changes by itself, nodes are whatever the headless service knows.
*/}}
{{- define "covey.config" -}}
{{- $listeners := dict "tcp" (dict "type" "tcp" "host" "0.0.0.0" "port" 1883) -}}
{{- if .Values.websocket.enabled -}}
{{- $_ := set $listeners "websocket" (dict "type" "websocket" "host" "0.0.0.0" "port" 8083) -}}
{{- end -}}
{{- $cluster := dict "enabled" false -}}
{{- $defaults := dict "name" (include "covey.fullname" .) -}}
{{- $founders := int (include "covey.founders" .) -}}
{{- if include "covey.clustered" . -}}
{{- $cluster = dict "enabled" true "port" 5701 "event-bus-port" 5702 -}}
{{- if .Values.autoscaling.enabled -}}
{{- $_ := set $cluster "dns" (include "covey.headlessName" .) -}}
{{- $_ := set $defaults "minimum-members" (add1 (div $founders 2)) -}}
{{- else -}}
{{- $members := list -}}
{{- range until $founders -}}
{{- $members = append $members (printf "%s-%d.%s:5701" (include "covey.fullname" $) . (include "covey.headlessName" $)) -}}
{{- end -}}
{{- $_ := set $cluster "members" $members -}}
{{- end -}}
{{- end -}}
{{- $owned := dict
    "listeners" $listeners
    "management" (dict "host" "0.0.0.0" "port" 8080)
    "cluster" $cluster
    "storage" (dict "directory" "/data/node")
    "auth" (dict "password-file" "/etc/covey/auth/passwords" "allow-anonymous" .Values.auth.anonymous) -}}
{{- toYaml (mustMergeOverwrite (dict "cluster" $defaults) (deepCopy .Values.config) $owned) -}}
{{- end -}}
