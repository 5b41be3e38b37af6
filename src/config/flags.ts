/**
 * The command line: which command, its flags, what is left over. Flags and environment variables of the same
 * setting share one table, so that neither can be forgotten.
 */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
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

/** Have flags of their own. */
const OWN_FLAGS_COMMANDS = [
  'tail',
  'query',
  'ask',
  'doctor',
  'verify',
  'check',
  'test',
  'convert',
  'slo',
  'diff',
  'snapshot',
  'backup',
  'restore',
  'export',
  'import',
  'lgtm',
  'mcp',
  'completion',
  'bench',
] as const;

export type Command = (typeof OWN_FLAGS_COMMANDS)[number] | 'serve' | 'version' | 'help';

export interface CommandLine {
  readonly command: Command;
  /** What follows a command that has flags of its own, unparsed. */
  readonly rest: readonly string[];
  readonly configFile: string | undefined;
  /** A database file that is shown and not changed. */
  readonly shownFile?: string | undefined;
  readonly flags: Layer;
  /** Of flags without effect. */
  readonly warnings: readonly string[];
}

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
  {
    flag: 'kubernetes.operator',
    isBoolean: true,
    read: ([v]) => ({ operator: { enabled: parseBoolean(v!) } }),
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
  { flag: 'alertmanager.config', read: ([v]) => (v === '' ? {} : { alertmanagerFile: v! }) },
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

/** The server's flags, for `parseArgs`. */
export function serveOptions(): NonNullable<ParseArgsOptionsConfig> {
  const options: ParseArgsOptionsConfig = {
    config: { type: 'string' },
    version: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  };
  for (const { flag, isSwitch } of SETTINGS)
    options[flag] = isSwitch ? { type: 'boolean' } : { type: 'string', multiple: true };
  return options;
}

/** Without the program's own name. Throws `ConfigError`. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const command = OWN_FLAGS_COMMANDS.find((name) => name === argv[0]);
  if (command !== undefined) {
    return { command, rest: argv.slice(1), configFile: undefined, flags: {}, warnings: [] };
  }
  const translated = translateFlags(argv, ownFlag);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...translated.argv],
      options: serveOptions(),
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
  const takesFile = positionals[0] === 'serve';
  if (positionals.length > (takesFile ? 2 : 1)) {
    throw new ConfigError(`unexpected argument ${JSON.stringify(positionals.at(-1))}; see trilite help`);
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
  const configFile = values.config as string | undefined;
  const shownFile = positionals[1];
  if (shownFile !== undefined && flags.dataDir !== undefined)
    throw new ConfigError(`--data and the file ${shownFile} cannot both be served`);
  return { command: named, rest: [], configFile, shownFile, flags, warnings };
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
