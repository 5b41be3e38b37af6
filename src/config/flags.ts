/**
 * The command line: which command, its flags, what is left over. Flags and environment variables of the same
 * setting share one table, so that neither can be forgotten.
 */

import { parseArgs } from 'node:util';
import { DEFAULT_ALERTING } from '../rules/notify/alertmanager-config.ts';
import { ConfigError } from './config-error.ts';
import { type OwnFlags, translateFlags } from './originals/translate.ts';
import { type Layer, SIGNALS } from './settings.ts';
import {
  parseAddress,
  parseAddresses,
  parseAnyDurationMs,
  parseBoolean,
  parseCount,
  parseDataDir,
  parseDurationMs,
  parseExternalUrl,
  parseLogLevel,
  parseOptionalAddress,
  parseOrigin,
  parseSizeBytes,
  parseSpanMs,
  parseSwitch,
} from './values.ts';

export type Command =
  | 'serve'
  | 'tail'
  | 'doctor'
  | 'check'
  | 'test'
  | 'convert'
  | 'bench'
  | 'version'
  | 'help';

/** Have flags of their own. */
const OWN_FLAGS_COMMANDS: readonly Command[] = ['tail', 'doctor', 'check', 'test', 'convert', 'bench'];

export interface CommandLine {
  readonly command: Command;
  /** What follows a command that has flags of its own, unparsed. */
  readonly rest: readonly string[];
  readonly configFile: string | undefined;
  readonly flags: Layer;
  /** Of flags without effect. */
  readonly warnings: readonly string[];
}

export const USAGE = `Usage: trilite [serve] [flags]
       trilite tail [flags] QUERY
       trilite doctor [flags]
       trilite check config|rules|metrics|web-config|healthy|ready
       trilite test rules FILE...
       trilite test promql FILE|DIRECTORY...
       trilite convert FILE
       trilite bench [flags]
       trilite version | help

Metrics, logs and traces in one process and one SQLite file, behind the APIs of Prometheus, Loki and Tempo.

  --config FILE             YAML; a prometheus.yml works as it is, own settings stand under "trilite:"
  --config.auto-reload BOOL the configuration is read again when one of its files changes (true); on SIGHUP it always is
  --promtail-config FILE    a Promtail configuration: the logs it names are followed
  --promtail-config.expand-env
                            \${NAME} in it stands for a variable
  --data DIR                where the database lives (./data); ":memory:" keeps nothing
  --http HOST:PORT          repeatable; each serves every API (127.0.0.1 on 9090, 3100, 3200, 4318)
  --otlp-grpc HOST:PORT     OTLP over gRPC (127.0.0.1:4317); "off" for none
  --jaeger-http HOST:PORT   Jaeger's query API at its own paths; off unless given
  --jaeger                  Jaeger's ports, each unless its own flag says otherwise: 127.0.0.1 on 14268, 5778, 14250,
                            16686, UDP on 6831, 6832
  --jaeger-thrift, --jaeger-udp, --jaeger-grpc HOST:PORT
                            repeatable; spans of Jaeger's clients over HTTP, as datagrams (compact and binary on every
                            port), over gRPC; "off" for none
  --zipkin HOST:PORT        repeatable; spans of Zipkin's clients (usually on 9411); off unless given
  --retention DURATION      of every signal (15d metrics, 7d logs, 2d traces); 0 keeps everything
  --retention.metrics, --retention.logs, --retention.traces DURATION
                            of one signal
  --retention.budget SIZE   of the whole database: past it the oldest data goes, whatever its signal; no limit
  --retention.size.metrics, --retention.size.logs, --retention.size.traces SIZE
                            of one signal
  --query.timeout DURATION  a query is cut off after this (2m)
  --query.max-concurrency N queries at a time (20)
  --query.max-samples N, --query.max-bytes SIZE
                            what one query may hold at a time (50000000, 512MB)
  --query.lookback-delta DURATION
                            how far back a sample is looked for (5m)
  --query.subquery-step DURATION
                            of subqueries that name none (1m)
  --query.delayed-name-removal, --query.use-start-timestamps BOOL
                            features of PromQL that are off by default
  --query.log FILE          gets every PromQL query as a line of JSON
  --query.slow-threshold DURATION
                            slower queries are logged (1s); 0 for none
  --metrics-generator BOOL  metrics are derived from spans (true)
  --metrics-generator.slack DURATION
                            spans that ended longer ago count for no metric (30s); 0 for no limit
  --alertmanager.notification-queue-capacity N, --alertmanager.notification-batch-size N
                            alerts that may wait for one Alertmanager (10000), and go in one request (256)
  --alertmanager.drain-notification-queue-on-shutdown BOOL
                            what waits at the end of the server is sent (true)
  --multi-tenancy           requests must say whose logs and metrics they are about (X-Scope-OrgID)
  --cors-origin ORIGIN      repeatable; pages from there may send OTLP over HTTP, Loki pushes and Zipkin spans; one * in it
                            stands for any characters
  --web.cors.origin REGEX   origins whose pages may read Prometheus' API (every one)
  --web.config.file FILE    a web configuration as Prometheus has it: TLS, security headers, users
  --web.external-url URL    where users reach this server, for links in alerts (http://HOSTNAME:PORT)
  --web.enable-admin-api    requests may delete series and make snapshots
  --web.enable-lifecycle    a request may end the server, or have the configuration read again
  --rules.alert.for-outage-tolerance DURATION
                            after a longer outage alerts begin anew (1h)
  --rules.alert.for-grace-period DURATION
                            between a restart and a restored alert that fires, at least (10m)
  --rules.alert.resend-delay DURATION
                            between two notifications of an alert that goes on firing (1m)
  --log-level LEVEL         debug, info, warn or error (info)
  --version, --help

Port 0 picks a free port. Every flag is also an environment variable: --otlp-grpc is TRILITE_OTLP_GRPC; several
addresses are separated by commas. Flags win over the environment, which wins over the file.
`;

const VARIABLE_PREFIX = 'TRILITE_';
/** What an orchestrator sets by itself for a service of that name, what clients and the tests are told. */
const FOREIGN = /^TRILITE_(PORT|SERVICE|ADDR|USERNAME|PASSWORD|TOKEN|TEST)(_|$)/;

interface Setting {
  readonly flag: string;
  /** A flag without a value, which stands for `true`. */
  readonly isSwitch?: true;
  /** Takes `true` or `false`, and stands for `true` without a value. */
  readonly isBoolean?: true;
  /** A repeatable flag; its variable has commas between the values. */
  readonly isList?: true;
  /** Reads the value, or values for a repeatable flag, into a layer. */
  read(values: readonly string[]): Layer;
}

const SETTINGS: readonly Setting[] = [
  { flag: 'promtail-config', read: ([v]) => ({ promtail: { file: v! } }) },
  {
    flag: 'promtail-config.expand-env',
    isSwitch: true,
    read: ([v]) => ({ promtail: { expandsEnvironment: parseSwitch(v!) } }),
  },
  { flag: 'data', read: ([v]) => ({ dataDir: parseDataDir(v!) }) },
  { flag: 'http', isList: true, read: (values) => ({ http: values.map(parseAddress) }) },
  { flag: 'otlp-grpc', read: ([v]) => ({ otlpGrpc: parseOptionalAddress(v!) ?? null }) },
  { flag: 'jaeger-http', read: ([v]) => ({ jaegerHttp: parseOptionalAddress(v!) ?? null }) },
  { flag: 'jaeger', isSwitch: true, read: ([v]) => ({ jaeger: { all: parseSwitch(v!) } }) },
  { flag: 'jaeger-thrift', isList: true, read: (values) => ({ jaeger: { thrift: parseAddresses(values) } }) },
  { flag: 'jaeger-udp', isList: true, read: (values) => ({ jaeger: { udp: parseAddresses(values) } }) },
  { flag: 'jaeger-grpc', isList: true, read: (values) => ({ jaeger: { grpc: parseAddresses(values) } }) },
  { flag: 'zipkin', isList: true, read: (values) => ({ zipkin: parseAddresses(values) }) },
  {
    flag: 'cors-origin',
    isList: true,
    read: (values) => ({ cors: { allowedOrigins: values.map(parseOrigin) } }),
  },
  { flag: 'multi-tenancy', isSwitch: true, read: ([v]) => ({ multiTenancy: parseSwitch(v!) }) },
  { flag: 'web.cors.origin', read: ([v]) => ({ corsOrigin: v! }) },
  {
    flag: 'web.enable-admin-api',
    isSwitch: true,
    read: ([v]) => ({ enableAdminApi: parseSwitch(v!) }),
  },
  {
    flag: 'web.enable-lifecycle',
    isSwitch: true,
    read: ([v]) => ({ enableLifecycle: parseSwitch(v!) }),
  },
  { flag: 'web.config.file', read: ([v]) => (v === '' ? {} : { webConfigFile: v! }) },
  { flag: 'config.auto-reload', isBoolean: true, read: ([v]) => ({ autoReload: parseBoolean(v!) }) },
  { flag: 'web.external-url', read: ([v]) => (v === '' ? {} : { externalUrl: parseExternalUrl(v!) }) },
  {
    flag: 'rules.alert.for-outage-tolerance',
    read: ([v]) => ({ ruleAlerts: { outageToleranceMs: parseDurationMs(v!) } }),
  },
  {
    flag: 'rules.alert.for-grace-period',
    read: ([v]) => ({ ruleAlerts: { gracePeriodMs: parseDurationMs(v!) } }),
  },
  {
    flag: 'rules.alert.resend-delay',
    read: ([v]) => ({ ruleAlerts: { resendDelayMs: parseDurationMs(v!) } }),
  },
  { flag: 'log-level', read: ([v]) => ({ logLevel: parseLogLevel(v!) }) },
  { flag: 'retention', read: ([v]) => ({ retentionMs: { all: parseDurationMs(v!) } }) },
  ...SIGNALS.map((signal) => ({
    flag: `retention.${signal}`,
    read: ([v]: readonly string[]): Layer => ({ retentionMs: { [signal]: parseDurationMs(v!) } }),
  })),
  { flag: 'retention.budget', read: ([v]) => ({ retentionBudgetBytes: parseSizeBytes(v!) }) },
  ...SIGNALS.map((signal) => ({
    flag: `retention.size.${signal}`,
    read: ([v]: readonly string[]): Layer => ({ retentionSizeBytes: { [signal]: parseSizeBytes(v!) } }),
  })),
  {
    flag: 'metrics-generator',
    isBoolean: true,
    read: ([v]) => ({ metricsGenerator: { enabled: parseBoolean(v!) } }),
  },
  {
    flag: 'metrics-generator.slack',
    read: ([v]) => ({ metricsGenerator: { slackMs: parseAnyDurationMs(v!) } }),
  },
  {
    flag: 'alertmanager.notification-queue-capacity',
    read: ([v]) => ({ alerting: { queueCapacity: parseCount(v!) } }),
  },
  {
    flag: 'alertmanager.notification-batch-size',
    read: ([v]) => ({ alerting: { batchSize: parseCount(v!) || DEFAULT_ALERTING.batchSize } }),
  },
  {
    flag: 'alertmanager.drain-notification-queue-on-shutdown',
    isBoolean: true,
    read: ([v]) => ({ alerting: { drainsOnShutdown: parseBoolean(v!) } }),
  },
  { flag: 'query.timeout', read: ([v]) => ({ limits: { queryTimeoutMs: parseDurationMs(v!) } }) },
  { flag: 'query.max-concurrency', read: ([v]) => ({ limits: { queryConcurrency: parseCount(v!) } }) },
  { flag: 'query.max-samples', read: ([v]) => ({ query: { samplesMax: parseCount(v!) } }) },
  { flag: 'query.max-bytes', read: ([v]) => ({ query: { bytesMax: parseSizeBytes(v!) } }) },
  { flag: 'query.lookback-delta', read: ([v]) => ({ query: { lookbackMs: parseSpanMs(v!) } }) },
  { flag: 'query.subquery-step', read: ([v]) => ({ query: { subqueryStepMs: parseSpanMs(v!) } }) },
  {
    flag: 'query.delayed-name-removal',
    isBoolean: true,
    read: ([v]) => ({ query: { delayNameRemoval: parseBoolean(v!) } }),
  },
  {
    flag: 'query.use-start-timestamps',
    isBoolean: true,
    read: ([v]) => ({ query: { useStartTimestamps: parseBoolean(v!) } }),
  },
  { flag: 'query.log', read: ([v]) => ({ queryLog: { file: v! } }) },
  { flag: 'query.slow-threshold', read: ([v]) => ({ queryLog: { slowMs: parseDurationMs(v!) } }) },
];

/** `retention.metrics` is `TRILITE_RETENTION_METRICS`, `web.enable-lifecycle` is `TRILITE_WEB_ENABLE_LIFECYCLE`. */
function variableOf(flag: string): string {
  return VARIABLE_PREFIX + flag.toUpperCase().replaceAll(/[.-]/g, '_');
}

function merge(a: Layer, b: Layer): Layer {
  return {
    ...a,
    ...b,
    ...((a.retentionMs || b.retentionMs) && { retentionMs: { ...a.retentionMs, ...b.retentionMs } }),
    retentionSizeBytes: { ...a.retentionSizeBytes, ...b.retentionSizeBytes },
    limits: { ...a.limits, ...b.limits },
    query: { ...a.query, ...b.query },
    queryLog: { ...a.queryLog, ...b.queryLog },
    metricsGenerator: { ...a.metricsGenerator, ...b.metricsGenerator },
    promtail: { ...a.promtail, ...b.promtail },
    jaeger: { ...a.jaeger, ...b.jaeger },
    cors: { ...a.cors, ...b.cors },
    alerting: { ...a.alerting, ...b.alerting },
    ruleAlerts: { ...a.ruleAlerts, ...b.ruleAlerts },
  };
}

function readSetting(setting: Setting, name: string, values: readonly string[]): Layer {
  try {
    return setting.read(values);
  } catch (error) {
    throw new ConfigError(`${name}: ${(error as Error).message}`);
  }
}

/** Without the program's own name. Throws `ConfigError`. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const command = OWN_FLAGS_COMMANDS.find((name) => name === argv[0]);
  if (command !== undefined) {
    return { command, rest: argv.slice(1), configFile: undefined, flags: {}, warnings: [] };
  }
  const translated = translateFlags(argv, ownFlag);
  const options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] = {
    config: { type: 'string' },
    version: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const { flag, isSwitch } of SETTINGS)
    options[flag] = isSwitch ? { type: 'boolean' } : { type: 'string', multiple: true };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...translated.argv],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    // Loki and Tempo have thousands such.
    const perhaps = /^Unknown option '--?[\w-]+\./.test(sentence!)
      ? ', or docs/migrate for one of Loki or Tempo'
      : '';
    throw new ConfigError(`${sentence}; see trilite help${perhaps}`);
  }
  const { values, positionals } = parsed;
  const named = values.help ? 'help' : values.version ? 'version' : (positionals[0] ?? 'serve');
  if (named !== 'serve' && named !== 'version' && named !== 'help') {
    throw new ConfigError(`unknown command ${JSON.stringify(named)}; see trilite help`);
  }
  if (positionals.length > 1) {
    throw new ConfigError(`unexpected argument ${JSON.stringify(positionals[1])}; see trilite help`);
  }
  let flags: Layer = {};
  for (const setting of SETTINGS) {
    const value = values[setting.flag];
    if (value === undefined) continue;
    const given = setting.isSwitch ? [String(value)] : (value as string[]);
    // Only a list grows; of any other flag the last one counts.
    const used = setting.isList ? given : given.slice(-1);
    flags = merge(flags, readSetting(setting, `--${setting.flag}`, used));
  }
  const { warnings } = translated;
  return { command: named, rest: [], configFile: values.config as string | undefined, flags, warnings };
}

const ownFlag: OwnFlags = (name) => {
  if (name === 'config') return 'value';
  if (name === 'version' || name === 'help') return 'switch';
  const setting = SETTINGS.find(({ flag }) => flag === name);
  if (!setting) return undefined;
  return setting.isSwitch ? 'switch' : setting.isBoolean ? 'boolean' : 'value';
};

export interface EnvironmentLayer {
  readonly layer: Layer;
  readonly configFile: string | undefined;
  readonly warnings: readonly string[];
}

export function readEnvironment(environment: Readonly<Record<string, string | undefined>>): EnvironmentLayer {
  let layer: Layer = {};
  const known = new Set([`${VARIABLE_PREFIX}CONFIG`]);
  for (const setting of SETTINGS) {
    const name = variableOf(setting.flag);
    known.add(name);
    const value = environment[name];
    if (value === undefined || value === '') continue;
    const values = setting.isList ? value.split(',') : [value];
    layer = merge(layer, readSetting(setting, name, values));
  }
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith(VARIABLE_PREFIX) && !known.has(name) && !FOREIGN.test(name),
  );
  return {
    layer,
    configFile: environment[`${VARIABLE_PREFIX}CONFIG`] || undefined,
    warnings: unknown.map((name) => `the environment variable ${name} is not known and is ignored`),
  };
}
