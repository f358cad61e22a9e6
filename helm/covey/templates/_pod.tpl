{{/* The pod of a node. */}}
{{- define "covey.podSpec" -}}
serviceAccountName: {{ include "covey.serviceAccountName" . }}
automountServiceAccountToken: false
# Kubernetes' variables of services are named like Covey's own where the release is named covey.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "covey.affinity" . }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml (merge (dict) . (dict "labelSelector" (dict "matchLabels" (include "covey.nodeLabels" $ | fromYaml)))) | nindent 4 | trim }}
  {{- end }}
{{- end }}
containers:
  - name: covey
    image: {{ include "covey.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args: [start, --config, /etc/covey/covey.yaml]
    env:
      - name: COVEY_NODE__NAME
        valueFrom:
          fieldRef:
            fieldPath: metadata.name
      {{- if include "covey.clustered" . }}
      - name: COVEY_CLUSTER__HOST
        valueFrom:
          fieldRef:
            fieldPath: status.podIP
      {{- end }}
      {{- with .Values.javaOptions }}
      - name: COVEY_JAVA_OPTS
        value: {{ . | quote }}
      {{- end }}
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      - name: mqtt
        containerPort: 1883
      {{- if .Values.websocket.enabled }}
      - name: websocket
        containerPort: 8083
      {{- end }}
      - name: management
        containerPort: 8080
      - name: hazelcast
        containerPort: 5701
      - name: event-bus
        containerPort: 5702
    {{- if .Values.drain.enabled }}
    lifecycle:
      preStop:
        exec:
          command: [covey, drain, --management, "http://127.0.0.1:8080", --deadline, {{ .Values.drain.deadlineSeconds | quote }}]
    {{- end }}
    startupProbe:
      httpGet:
        path: /health/live
        port: management
      {{- toYaml .Values.startupProbe | nindent 6 }}
    livenessProbe:
      httpGet:
        path: /health/live
        port: management
      {{- toYaml .Values.livenessProbe | nindent 6 }}
    readinessProbe:
      httpGet:
        path: /health/ready
        port: management
      {{- toYaml .Values.readinessProbe | nindent 6 }}
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - name: data
        mountPath: /data
      - name: config
        mountPath: /etc/covey/covey.yaml
        subPath: covey.yaml
        readOnly: true
      - name: auth
        mountPath: /etc/covey/auth
        readOnly: true
      - name: tmp
        mountPath: /tmp
      {{- with .Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  {{- if not .Values.persistence.enabled }}
  - name: data
    emptyDir:
      sizeLimit: {{ .Values.persistence.size }}
  {{- end }}
  - name: config
    configMap:
      name: {{ include "covey.fullname" . }}
  - name: auth
    secret:
      secretName: {{ include "covey.authSecretName" . }}
      defaultMode: 288 # 0440: the pod's group may read
      items:
        - key: passwords
          path: passwords
  - name: tmp
    emptyDir: {}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Where the nodes' pods go in respect of each other. */}}
{{- define "covey.affinity" -}}
{{- if .Values.affinity }}
affinity:
  {{- toYaml .Values.affinity | nindent 2 }}
{{- else if eq .Values.podAntiAffinityPreset "hard" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "covey.nodeLabels" . | nindent 12 }}
{{- else if eq .Values.podAntiAffinityPreset "soft" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "covey.nodeLabels" . | nindent 14 }}
{{- end }}
{{- end -}}
