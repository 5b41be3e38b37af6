/**
 * Paths that senders ask for by mistake, and what was meant: a list of what other systems call their ways in, and of how
 * URLs are commonly put together wrongly. The first that fits counts.
 */

interface WrongPath {
  readonly path: RegExp;
  readonly meant: string;
  readonly remedy: string;
}

const REMOTE_WRITE = 'remote_write url: http://HOST:9090/api/v1/write';
const LOKI_PUSH = 'clients url: http://HOST:3100/loki/api/v1/push';

const WRONG_PATHS: readonly WrongPath[] = [
  {
    path: /^\/(v1\/(metrics|logs|traces)){2,}|^\/v1\/(metrics|logs|traces)\/(v1\/)?(metrics|logs|traces)\/?$/,
    meant: 'OTLP with the path of the signal twice',
    remedy:
      'OTEL_EXPORTER_OTLP_ENDPOINT (collector: endpoint) is http://HOST:4318 without a path: the SDK adds /v1/traces and so on. Only OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (collector: traces_endpoint) has the whole path',
  },
  {
    path: /^\/?$/,
    meant: 'OTLP without the path of a signal',
    remedy:
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, …_METRICS_ENDPOINT and …_LOGS_ENDPOINT (and URLs given in code) need the whole path: http://HOST:4318/v1/traces. OTEL_EXPORTER_OTLP_ENDPOINT does without',
  },
  {
    path: /^\/opentelemetry\.proto\.collector\./,
    meant: "a call of OTLP's gRPC service over HTTP/1",
    remedy:
      'gRPC needs HTTP/2 all the way: send to HOST:4317 directly, or have the proxy pass HTTP/2 on; else OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
  },
  {
    path: /^\/(v1\/)?(metrics|logs|traces|trace|log|metric)\/?$|^\/v1\/(metrics|logs|traces)\/|^\/(api\/|opentelemetry\/)?(api\/v1\/)?otlp(\/.*)?$|^\/(api\/)?otlp\/v1\/|^\/api\/v1\/otlp/,
    meant: 'OTLP',
    remedy:
      "OTLP's paths are /v1/metrics, /v1/logs and /v1/traces, without a slash at the end; the endpoint is http://HOST:4318",
  },
  {
    path: /^\/v1(development)?\/profiles|push\.v1\.PusherService|^\/ingest$/,
    meant: 'profiles',
    remedy: 'profiles are not stored here: take their exporter out of the pipeline',
  },
  {
    path: /^\/api\/v1\/push\/?$|^\/(mimir|prometheus)\/api\/v1\/(push|write)|^\/api\/v1\/(receive|prom\/write|write\/)|^\/(api\/)?(prom\/)?write\/?$|^\/receive$/,
    meant: 'remote-write',
    remedy: REMOTE_WRITE,
  },
  {
    path: /^\/api\/v1\/import|^\/insert\/|^\/api\/put|^\/opentsdb/,
    meant: "an import of VictoriaMetrics' or OpenTSDB's",
    remedy: `not taken here; send remote-write (vmagent -remoteWrite.url=http://HOST:9090/api/v1/write) or OTLP`,
  },
  {
    path: /^\/(loki\/)?(api\/)?(v1\/|prom\/)?push\/?$|^\/loki\/|^\/api\/logs\/push/,
    meant: 'a Loki push',
    remedy: LOKI_PUSH,
  },
  {
    path: /^\/metrics\/(job|instance)/,
    meant: 'a push to a Pushgateway',
    remedy: 'there is none here: run a Pushgateway and scrape it, or send OTLP',
  },
  {
    path: /^\/(zipkin\/)?api\/v2\/spans|^\/spans$/,
    meant: 'spans of Zipkin',
    remedy: 'the path is /api/v2/spans on every HTTP port; --zipkin 127.0.0.1:9411 opens the usual port',
  },
  {
    path: /^\/(zipkin\/)?api\/v1\/spans/,
    meant: 'spans of Zipkin version 1',
    remedy: 'only version 2 is taken: the client sends to /api/v2/spans (encoder JSON_V2 or PROTO3)',
  },
  {
    path: /^\/(jaeger\/)?api\/traces\/?$|^\/jaeger\//,
    meant: 'spans of Jaeger',
    remedy:
      'JAEGER_ENDPOINT is http://HOST:14268/api/traces (--jaeger opens the port), on every HTTP port /api/traces',
  },
  {
    path: /_bulk$|^\/_(cluster|nodes|template|index_template)/,
    meant: 'Elasticsearch',
    remedy: `logs come as Loki pushes or OTLP: Fluent Bit output \`loki\` or \`opentelemetry\`, Filebeat through a collector`,
  },
  {
    path: /^\/services\/collector/,
    meant: "Splunk's HTTP event collector",
    remedy: 'have a collector take it (receiver splunk_hec) and send OTLP to http://HOST:4318',
  },
  {
    path: /^\/api\/v2\/write|^\/write$|^\/api\/v1\/influx/,
    meant: "InfluxDB's line protocol",
    remedy: 'Telegraf: [[outputs.opentelemetry]] service_address = "HOST:4317"',
  },
  {
    path: /^\/(api\/v[12]\/(series|check_run|logs|input)|intake|v1\/input|v0\.[1-9]\/traces|api\/v0\.2\/)/,
    meant: "Datadog's agent or tracer",
    remedy: 'have a collector take it (receiver datadog) and send OTLP to http://HOST:4318',
  },
];

/** Undefined where the path says nothing. */
export function meantBy(path: string): Pick<WrongPath, 'meant' | 'remedy'> | undefined {
  return WRONG_PATHS.find((wrong) => wrong.path.test(path));
}
