/**
 * From flags, environment and file to one frozen `Config`: flags win over the environment, which wins over the
 * file, which wins over the defaults. The only reader of `process.env`.
 */

import { ConfigError } from './config/config-error.ts';
import type { JobSources } from './config/file.ts';
import { type CommandLine, readEnvironment } from './config/flags.ts';
import { type Config, DEFAULT_CONFIG, type Layer } from './config/settings.ts';

/** Throws `ConfigError`. The file's reader is loaded only when there is a file. */
export async function loadConfig(
  line: CommandLine,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Config> {
  const { layer, configFile, warnings } = readEnvironment(environment);
  const file = line.configFile ?? configFile;
  const base = file
    ? await (await import('./config/file.ts')).readConfigFile(file, environment)
    : DEFAULT_CONFIG;
  const told = overlay(overlay(base, layer), line.flags);
  const config = await withAlertmanager(
    await withPromtail(await withWebConfig(told), environment),
    environment,
  );
  checkTenants(config);
  checkTenantLimits(config);
  return deepFreeze({ ...config, warnings: [...line.warnings, ...warnings, ...config.warnings] });
}

/** Credentials for some tenants would be for all where none are told apart. Throws `ConfigError`. */
function checkTenants({ auth, multiTenancy }: Config): void {
  if (multiTenancy || auth?.tenantsPosition === undefined) return;
  throw new ConfigError(`${auth.tenantsPosition}: tenants of credentials need multi_tenancy`);
}

/** The file over the defaults and nothing else, for who checks it. Throws `ConfigError`. */
export async function readConfig(
  file: string,
  jobSources: JobSources,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Config> {
  const { readConfigFile } = await import('./config/file.ts');
  return withAlertmanager(
    await withWebConfig(await readConfigFile(file, environment, jobSources)),
    environment,
  );
}

/** The text over the defaults, as if it stood in `file`: variables in it are those of the process. Throws `ConfigError`. */
export async function configOfText(file: string, text: string): Promise<Config> {
  const { parseConfigFile } = await import('./config/file.ts');
  const read = await withWebConfig(await parseConfigFile(file, text, process.env));
  const config = await withAlertmanager(read, process.env);
  checkTenants(config);
  checkTenantLimits(config);
  return config;
}

/** What a web configuration says of TLS, headers and users; its users stand beside those of the file. */
async function withWebConfig(config: Config): Promise<Config> {
  const { webConfigFile, tlsPlain } = config;
  if (webConfigFile === undefined) return config;
  const { readWebConfigFile } = await import('./config/web-config-file.ts');
  const { tls, headers, users, warnings } = await readWebConfigFile(webConfigFile);
  if (tls && config.tls) {
    throw new ConfigError(
      `${webConfigFile} and "trilite.tls" of ${config.file} cannot both say what TLS is like`,
    );
  }
  const auth = config.auth ?? { users: [], tokens: [], certificates: [], anonymous: [] };
  return {
    ...config,
    ...(tls && { tls: { ...tls, plain: tlsPlain } }),
    webHeaders: headers,
    ...(users.length > 0 && { auth: { ...auth, users: [...auth.users, ...users] } }),
    warnings: [...config.warnings, ...warnings],
  };
}

/** What an `alertmanager.yml` says of who is told of alerts. A flag that names one wins over what the file says inline. */
async function withAlertmanager(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const { alertmanagerFile: file } = config;
  let { alertmanager } = config;
  if (file !== undefined) {
    const { readAlertmanagerFile } = await import('./config/alertmanager/alertmanager-file.ts');
    alertmanager = await readAlertmanagerFile(file, environment);
  }
  if (!alertmanager) return config;
  const warnings = [...config.warnings, ...alertmanager.warnings];
  if (config.alerting.alertmanagers.length > 0) {
    const place = alertmanager.file ?? config.file;
    warnings.push(
      `${place}: alerts are sent to the Alertmanagers of "alerting.alertmanagers", so the built-in one notifies nobody`,
    );
  }
  return { ...config, alertmanager, warnings };
}

/** Limits by tenant that nobody would be held to are a mistake. */
function checkTenantLimits({ limits, multiTenancy, file }: Config): void {
  if (multiTenancy || Object.keys(limits.tenants).length === 0) return;
  throw new ConfigError(`${file}: trilite.limits.tenants: tenants are told apart with multi_tenancy alone`);
}

/** What a Promtail configuration says of following logs. */
async function withPromtail(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const { file, expandsEnvironment } = config.promtail;
  if (file === undefined) return config;
  if (config.tail)
    throw new ConfigError(`${file} and "tail" of ${config.file} cannot both say what is followed`);
  const { readPromtailFile } = await import('./config/tail-section.ts');
  const { tail, warnings } = await readPromtailFile(file, expandsEnvironment, environment);
  return { ...config, tail, warnings: [...config.warnings, ...warnings] };
}

/** What commands that speak to a running server take from the environment. */
export interface ClientEnvironment {
  /** Of the server. */
  readonly address: string | undefined;
  /** Who asks it. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  /** No colours are wanted, or there are none. */
  readonly noColor: boolean;
  /** The terminal knows no control sequences. */
  readonly isDumb: boolean;
}

export function clientEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ClientEnvironment {
  return {
    address: environment.TRILITE_ADDR || undefined,
    username: environment.TRILITE_USERNAME || undefined,
    password: environment.TRILITE_PASSWORD || undefined,
    token: environment.TRILITE_TOKEN || undefined,
    noColor: Boolean(environment.NO_COLOR) || environment.TERM === 'dumb',
    isDumb: environment.TERM === 'dumb',
  };
}

/** For programs that are started on behalf of the caller. */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** For secrets that stand in variables, which are read when they are needed. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

function overlay(base: Config, layer: Layer): Config {
  const { retentionMs, retentionSizeBytes, retentionBudgetBytes, otlpGrpc, jaeger, ...rest } = layer;
  const {
    limits,
    query,
    queryLog,
    promtail,
    operator,
    cors,
    metricsGenerator,
    alerting,
    ruleAlerts,
    ...plain
  } = rest;
  const { all, ...each } = retentionMs ?? {};
  const retention = all === undefined ? base.retentionMs : { metrics: all, logs: all, traces: all };
  return {
    ...base,
    ...plain,
    limits: { ...base.limits, ...limits },
    query: { ...base.query, ...query },
    queryLog: { ...base.queryLog, ...queryLog },
    promtail: { ...base.promtail, ...promtail },
    operator: { ...base.operator, ...operator },
    ruleAlerts: { ...base.ruleAlerts, ...ruleAlerts },
    metricsGenerator: overlayGenerator(base.metricsGenerator, metricsGenerator),
    otlpGrpc: otlpGrpc === undefined ? base.otlpGrpc : (otlpGrpc ?? undefined),
    jaeger: { ...base.jaeger, ...jaeger },
    cors: { ...base.cors, ...cors },
    alerting: { ...base.alerting, ...alerting },
    retentionMs: { ...retention, ...each },
    retention: {
      ...base.retention,
      sizeBytes: { ...base.retention.sizeBytes, ...retentionSizeBytes },
      budgetBytes: retentionBudgetBytes ?? base.retention.budgetBytes,
    },
  };
}

/** Switched on it does what the layer below says, or all there is where that says nothing. */
function overlayGenerator(
  base: Config['metricsGenerator'],
  layer: Layer['metricsGenerator'] = {},
): Config['metricsGenerator'] {
  const { slackMs = base.slackMs, enabled } = layer;
  if (enabled === undefined) return { ...base, slackMs };
  const on = base.processors.length > 0 ? base.processors : DEFAULT_CONFIG.metricsGenerator.processors;
  return { ...base, slackMs, processors: enabled ? on : [] };
}

/** Freezes what is in it too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
