/** Tempo's configuration file. */

import {
  Conversion,
  type Converted,
  isSettings,
  listenAddress,
  type Move,
  type Settings,
} from './conversion.ts';

export function isTempoFile(settings: Settings): boolean {
  const { storage, distributor, overrides } = settings;
  const receives = isSettings(distributor) && Object.hasOwn(distributor, 'receivers');
  const keepsTraces = isSettings(storage) && Object.hasOwn(storage, 'trace');
  return receives || keepsTraces || isSettings(overrides) || Object.hasOwn(settings, 'live_store');
}

const INGESTION = 'overrides.defaults.ingestion';
const TRACES = 'trilite.limits.traces';
const QUERIES = 'trilite.limits.queries';

const MOVES: readonly Move[] = [
  ['multitenancy_enabled', 'trilite.multi_tenancy'],
  ['server.log_level', 'trilite.log_level'],
  ['storage.trace.local.path', 'trilite.data'],
  ['compactor.compaction.block_retention', 'trilite.retention.traces'],
  ['backend_worker.compaction.block_retention', 'trilite.retention.traces'],
  ['overrides.defaults.compaction.block_retention', 'trilite.retention.traces'],
  [`${INGESTION}.rate_limit_bytes`, `${TRACES}.ingestion_rate_limit_bytes`],
  [`${INGESTION}.burst_size_bytes`, `${TRACES}.ingestion_burst_size_bytes`],
  [`${INGESTION}.max_traces_per_user`, `${TRACES}.max_traces_per_user`],
  [`${INGESTION}.max_global_traces_per_user`, `${TRACES}.max_traces_per_user`],
  ['overrides.defaults.global.max_bytes_per_trace', `${TRACES}.max_bytes_per_trace`],
  ['overrides.defaults.read.max_search_duration', `${QUERIES}.max_search_duration`],
  ['overrides.defaults.read.max_metrics_duration', `${QUERIES}.max_metrics_duration`],
];

/** The rest of its block says how Tempo runs. */
const GENERATOR_KEYS: ReadonlySet<string> = new Set([
  ...['processor', 'registry', 'metrics_ingestion_time_range_slack'],
]);

const RECEIVERS = 'distributor.receivers';

export function convertTempoFile(settings: Settings): Converted {
  const conversion = new Conversion(settings);
  conversion.move(MOVES);
  const http: string[] = [];
  const port = conversion.take('server.http_listen_port');
  const host = conversion.take('server.http_listen_address');
  if (port !== undefined || host !== undefined) http.push(listenAddress(host, port ?? 3200));
  const otlpHttp = endpoint(conversion, 'otlp.protocols.http', 4318);
  if (otlpHttp) http.push(otlpHttp);
  if (http.length > 0) {
    conversion.set('trilite.http', [...new Set(http)]);
    conversion.note('Every port of "http" serves all APIs, those of Tempo and of OTLP too.');
  }
  conversion.set('trilite.otlp_grpc', endpoint(conversion, 'otlp.protocols.grpc', 4317));
  conversion.set('trilite.zipkin', endpoint(conversion, 'zipkin', 9411));
  conversion.set('trilite.jaeger_thrift', endpoint(conversion, 'jaeger.protocols.thrift_http', 14268));
  conversion.set('trilite.jaeger_grpc', endpoint(conversion, 'jaeger.protocols.grpc', 14250));
  const udp = [
    endpoint(conversion, 'jaeger.protocols.thrift_compact', 6831),
    endpoint(conversion, 'jaeger.protocols.thrift_binary', 6832),
  ].filter((address) => address !== undefined);
  if (udp.length > 0) conversion.set('trilite.jaeger_udp', udp);
  convertGenerator(conversion);
  return conversion.end();
}

/** Where a receiver listens; without an endpoint at its usual port of this machine, as the collector's do. */
function endpoint(conversion: Conversion, receiver: string, port: number): string | undefined {
  const path = `${RECEIVERS}.${receiver}`;
  const named = conversion.take(`${path}.endpoint`);
  if (typeof named === 'string') return named;
  return conversion.has(path) ? `127.0.0.1:${port}` : undefined;
}

/** Its block may stand at the top as it is; what is derived is stored here instead of being sent on. */
function convertGenerator(conversion: Conversion): void {
  const block: Record<string, unknown> = {};
  const given = conversion.take('metrics_generator');
  if (isSettings(given)) {
    for (const [key, value] of Object.entries(given)) if (GENERATOR_KEYS.has(key)) block[key] = value;
    if (Object.hasOwn(given, 'storage')) {
      conversion.note('Derived metrics are stored here; "remote_write" at the top sends them on.');
    }
  }
  const defaults =
    conversion.take('overrides.defaults.metrics_generator') ??
    conversion.take('overrides.metrics_generator_processors');
  if (Array.isArray(defaults)) block.processors = defaults;
  if (isSettings(defaults)) Object.assign(block, defaults);
  // Tempo derives nothing unless it is told to.
  block.processors ??= [];
  conversion.set('metrics_generator', block);
}
