/** `trilite:` of the configuration file: Trilite's own settings. */

import type { CorsSettings } from '../api/cross-origin.ts';
import type { ListenAddress } from '../api/listeners.ts';
import type { OtlpDelta, OtlpSettings } from '../model/otlp-options.ts';
import { defaultProtocols, type ScrapeConfig } from '../scrape/scrape-config.ts';
import { readAlertingSettings } from './alerting-section.ts';
import type { Environment } from './environment.ts';
import { readQuery } from './query-section.ts';
import { readRetention } from './retention-section.ts';
import { readRuleAlerts, readRuleSources, readSloFiles } from './rules-section.ts';
import {
  type Config,
  DEFAULT_CONFIG,
  type Durability,
  type Limits,
  type PerSignal,
  SIGNALS,
} from './settings.ts';
import {
  readRequestLimits,
  readTenantLimits,
  readTenants,
  TENANT_LIMIT_KEYS,
} from './tenant-limits-section.ts';
import {
  parseAddress,
  parseAddresses,
  parseDataDir,
  parseExternalUrl,
  parseHeaderName,
  parseLogLevel,
  parseOptionalAddress,
  parseOrigin,
} from './values.ts';
import type { Warnings } from './warnings.ts';
import type { YamlNode } from './yaml-node.ts';

const OTLP_DELTAS: readonly OtlpDelta[] = ['refuse', 'cumulative', 'raw'];

const OWN_KEYS: readonly string[] = [
  'data',
  'http',
  'otlp_grpc',
  'jaeger_http',
  'jaeger',
  'jaeger_thrift',
  'jaeger_udp',
  'jaeger_grpc',
  'zipkin',
  'tls',
  'cors',
  'auth',
  'log_level',
  'cors_origin',
  'multi_tenancy',
  'retention',
  'rules',
  'alerting',
  'alerts',
  'storage',
  'limits',
  'scrape',
  'query',
  'self_scrape',
  'otlp',
  'processors',
  'metrics_generator',
  'web',
  'delete',
  'tail',
  'tail_sampling',
  'kubernetes',
  'remote_write',
  'config_auto_reload',
  'slo_files',
  'alertmanager',
];

/** `base` is what the rest of the file says. What reads large sections of its own is loaded where there are such. */
export async function readOwnSection(
  node: YamlNode,
  base: Config,
  environment: Environment,
  warnings: Warnings,
): Promise<Config> {
  const fields = node.fields(OWN_KEYS);
  const auth = fields.get('auth');
  const tail = fields.get('tail');
  const sampling = fields.get('tail_sampling');
  const generator = fields.get('metrics_generator');
  const processors = fields.get('processors');
  const kubernetes = fields.get('kubernetes');
  const storage = fields.get('storage')?.fields(['durability']);
  const deletes = fields.get('delete')?.fields(['cancel_period']);
  const web = fields
    .get('web')
    ?.fields(['config_file', 'enable_admin_api', 'enable_lifecycle', 'external_url']);
  const tls = fields.get('tls');
  const alertmanager = fields.get('alertmanager');
  const ownTls = tls && (await import('./server-tls-section.ts')).readOwnTls(tls);
  return {
    ...base,
    dataDir: fields.read('data', (v) => v.parsed(parseDataDir), base.dataDir),
    http: fields.read(
      'http',
      (v) => (v.isList ? v.list() : [v]).map((item) => item.parsed(parseAddress)),
      base.http,
    ),
    otlpGrpc: fields.read('otlp_grpc', (v) => v.parsed(parseOptionalAddress), base.otlpGrpc),
    jaegerHttp: fields.read('jaeger_http', (v) => v.parsed(parseOptionalAddress) ?? null, base.jaegerHttp),
    jaeger: {
      all: fields.read('jaeger', (v) => v.boolean(), base.jaeger.all),
      thrift: fields.read('jaeger_thrift', readAddresses, base.jaeger.thrift),
      udp: fields.read('jaeger_udp', readAddresses, base.jaeger.udp),
      grpc: fields.read('jaeger_grpc', readAddresses, base.jaeger.grpc),
    },
    zipkin: fields.read('zipkin', readAddresses, base.zipkin),
    tls: ownTls?.tls,
    tlsPlain: ownTls?.plain ?? base.tlsPlain,
    webConfigFile: web?.read('config_file', (v) => v.filePath(), undefined) ?? base.webConfigFile,
    cors: fields.read('cors', readCors, base.cors),
    auth: auth ? (await import('./auth-section.ts')).readAuth(auth, environment, warnings) : base.auth,
    corsOrigin: fields.read('cors_origin', (v) => v.string(), base.corsOrigin),
    logLevel: fields.read('log_level', (v) => v.parsed(parseLogLevel), base.logLevel),
    alerting: fields.read('alerting', (v) => readAlertingSettings(v, base.alerting), base.alerting),
    ...(alertmanager && (await readAlertmanager(alertmanager))),
    ruleSources: [
      ...base.ruleSources,
      ...fields.read('rules', readRuleSources, []),
      ...fields.read('slo_files', readSloFiles, []),
    ],
    ...fields.read('retention', (v) => readRetention(v, base), {}),
    durability:
      storage?.read('durability', (v) => v.oneOf<Durability>(['process', 'disk']), base.durability) ??
      base.durability,
    deleteCancelPeriodMs:
      deletes?.read('cancel_period', (v) => v.durationMs(), base.deleteCancelPeriodMs) ??
      base.deleteCancelPeriodMs,
    limits: fields.read('limits', readLimits, base.limits),
    scrapeConfigs: fields.read(
      'scrape',
      (v) => readScrapeSettings(v, base.scrapeConfigs),
      base.scrapeConfigs,
    ),
    otlp: fields.read('otlp', (v) => readOwnOtlp(v, base.otlp), base.otlp),
    ...fields.read('query', (v) => readQuery(v, base), {}),
    multiTenancy: fields.read('multi_tenancy', (v) => v.boolean(), base.multiTenancy),
    enableAdminApi: web?.read('enable_admin_api', (v) => v.boolean(), false) ?? base.enableAdminApi,
    enableLifecycle: web?.read('enable_lifecycle', (v) => v.boolean(), false) ?? base.enableLifecycle,
    externalUrl: web?.read('external_url', (v) => v.parsed(parseExternalUrl), undefined) ?? base.externalUrl,
    ruleAlerts: fields.read('alerts', readRuleAlerts, base.ruleAlerts),
    processors: processors
      ? (await import('./processors-section.ts')).readProcessors(processors, environment, warnings)
      : base.processors,
    metricsGenerator: generator
      ? (await import('./metrics-generator-section.ts')).readMetricsGenerator(
          generator,
          base.metricsGenerator,
          warnings,
        )
      : base.metricsGenerator,
    tail: tail ? await (await import('./tail-section.ts')).readTail(tail, environment, warnings) : base.tail,
    tailSampling: sampling
      ? (await import('./tail-sampling-section.ts')).readTailSampling(sampling, warnings)
      : base.tailSampling,
    ...(kubernetes &&
      (await import('./operator-section.ts')).readKubernetes(kubernetes, base.monitorDefaults, warnings)),
    remoteQueueBytes:
      fields
        .get('remote_write')
        ?.fields(['queue_size'])
        .read('queue_size', (v) => v.sizeBytes(), base.remoteQueueBytes) ?? base.remoteQueueBytes,
    autoReload: fields.read('config_auto_reload', (v) => v.boolean(), base.autoReload),
    selfScrape: fields.read('self_scrape', (v) => v.boolean(), base.selfScrape),
  };
}

/** An `alertmanager.yml` as it is, or where one is. */
async function readAlertmanager(node: YamlNode): Promise<Pick<Config, 'alertmanager' | 'alertmanagerFile'>> {
  const isFile = node.isMap && node.entries().some(([key]) => key === 'config_file');
  if (isFile) {
    const file = node.fields(['config_file']).require('config_file').filePath();
    return { alertmanagerFile: file, alertmanager: undefined };
  }
  const { readInlineAlertmanager } = await import('./alertmanager/alertmanager-file.ts');
  return { alertmanagerFile: undefined, alertmanager: await readInlineAlertmanager(node) };
}

/** One address or a list of them; none for `off`. */
function readAddresses(node: YamlNode): readonly ListenAddress[] {
  return (node.isList ? node.list() : [node]).flatMap((item) =>
    item.parsed((text) => parseAddresses([text])),
  );
}

function readCors(node: YamlNode): CorsSettings {
  const fields = node.fields(['allowed_origins', 'allowed_headers', 'max_age']);
  return {
    allowedOrigins: fields.read(
      'allowed_origins',
      (v) => v.list().map((item) => item.parsed(parseOrigin)),
      [],
    ),
    allowedHeaders: fields.read(
      'allowed_headers',
      (v) => v.list().map((item) => item.parsed(parseHeaderName)),
      [],
    ),
    maxAgeSeconds: Math.floor(fields.read('max_age', (v) => v.durationMs(), 0) / 1000),
  };
}

/** What is said of all jobs. Start timestamps come most surely in protobuf, which is asked for first then. */
function readScrapeSettings(node: YamlNode, jobs: readonly ScrapeConfig[]): readonly ScrapeConfig[] {
  const fields = node.fields(['start_timestamps']);
  if (!fields.read('start_timestamps', (v) => v.boolean(), false)) return jobs;
  return jobs.map((job) => ({
    ...job,
    startTimestamps: true,
    scrapeProtocols: defaultProtocols(job.scrapeProtocols, true),
  }));
}

function readOwnOtlp(node: YamlNode, base: OtlpSettings): OtlpSettings {
  const fields = node.fields(['delta']);
  return { ...base, delta: fields.read('delta', (v) => v.oneOf<OtlpDelta>(OTLP_DELTAS), base.delta) };
}

/** One value for all signals, or a mapping that names some of them. */
function readPerSignal(node: YamlNode, base: PerSignal, read: (value: YamlNode) => number): PerSignal {
  if (!node.isMap) {
    const value = read(node);
    return { metrics: value, logs: value, traces: value };
  }
  const fields = node.fields(SIGNALS);
  return {
    metrics: fields.read('metrics', read, base.metrics),
    logs: fields.read('logs', read, base.logs),
    traces: fields.read('traces', read, base.traces),
  };
}

const LIMIT_KEYS: readonly string[] = [
  'memory',
  'max_age',
  'query_timeout',
  'query_concurrency',
  ...TENANT_LIMIT_KEYS,
  'tenants',
  'credentials',
];

function readLimits(node: YamlNode): Limits {
  const fields = node.fields(LIMIT_KEYS);
  const d = DEFAULT_CONFIG.limits;
  const maxAgeMs = fields.read(
    'max_age',
    (v) => readPerSignal(v, d.maxAgeMs, (a) => a.durationMs()),
    d.maxAgeMs,
  );
  const logs = { ...d.logs, entries: { ...d.logs.entries, maxAgeMs: maxAgeMs.logs } };
  const ofTenants = readTenantLimits(fields, { ...d, logs });
  return {
    ...ofTenants,
    memoryBytes: fields.read('memory', (v) => v.sizeBytes(), d.memoryBytes),
    maxAgeMs,
    tenants: fields.read('tenants', (v) => readTenants(v, ofTenants), d.tenants),
    credentials: fields.read('credentials', (v) => readRequestLimits(v, d.credentials), d.credentials),
    queryTimeoutMs: fields.read('query_timeout', (v) => v.durationMs(), d.queryTimeoutMs),
    queryConcurrency: fields.read('query_concurrency', (v) => v.count(), d.queryConcurrency),
  };
}
