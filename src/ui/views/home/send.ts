/** How to send each signal to this server, in texts that work as they stand. `origin` is where this page comes from. */

export interface SendText {
  readonly title: string;
  readonly text: string;
}

export function sendTexts(origin: string): readonly SendText[] {
  return [
    {
      title: 'OpenTelemetry: metrics, logs and traces of any SDK',
      text: `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp OTEL_TRACES_EXPORTER=otlp
export OTEL_SERVICE_NAME=my-service
`,
    },
    {
      title: 'Metrics: scrape, with trilite --config prometheus.yml',
      text: `scrape_configs:
  - job_name: my-service
    static_configs:
      - targets: ['my-service:8080']
`,
    },
    {
      title: 'Metrics: from a Prometheus, in its prometheus.yml',
      text: `remote_write:
  - url: ${origin}/api/v1/write
`,
    },
    {
      title: 'Logs: a line by hand',
      text: `curl ${origin}/loki/api/v1/push \\
  -H 'Content-Type: application/json' -d '{"streams": [{
  "stream": {"service_name": "my-service", "level": "info"},
  "values": [["'"$(date +%s%N)"'", "hello"]]
}]}'
`,
    },
    {
      title: 'Logs: from Promtail, in its configuration',
      text: `clients:
  - url: ${origin}/loki/api/v1/push
`,
    },
    {
      title: 'All of it, from three small services that ship with Trilite',
      text: `npm run demo
`,
    },
  ];
}
