/**
 * Following logs, as a Promtail configuration says it: `trilite: tail:` of the configuration file, or a Promtail
 * configuration of its own (`--promtail-config`), which is read as it is. What Promtail knows and has no meaning here is
 * named in a warning; any other key is an error.
 */

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { PositionsConfig, TailConfig, TailLimits } from '../tail/tail-config.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { readTailClients } from './tail-client-section.ts';
import { readTailJobs } from './tail-job-section.ts';
import { Warnings } from './warnings.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

/** Sections about Promtail as a server of its own. */
const IDLE_KEYS: readonly string[] = ['server', 'tracing', 'wal', 'options'];
const TAIL_KEYS: readonly string[] = [
  ...['clients', 'client', 'positions', 'scrape_configs', 'limits_config', 'target_config', 'global'],
  ...IDLE_KEYS,
];

const DEFAULT_SYNC_PERIOD_MS = 10_000;
const DEFAULT_POLL_MS = 250;
const DEFAULT_LINE_RATE = 10_000;
/** Where Promtail keeps them unless it is told otherwise. */
const PROMTAIL_POSITIONS = '/var/log/positions.yaml';

/** `inheritsPositions`: where none is named, those of a Promtail that ran before are taken over. */
export async function readTail(
  node: YamlNode,
  environment: Environment,
  warnings: Warnings,
  inheritsPositions = false,
): Promise<TailConfig> {
  const fields = node.fields(TAIL_KEYS);
  for (const key of IDLE_KEYS) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'has no meaning here and is ignored');
  }
  const target = fields.get('target_config')?.fields(['sync_period', 'stdin']);
  const stdin = target?.get('stdin');
  if (stdin) warnings.add(stdin, 'is not supported and is ignored');
  const polling = fields.get('global')?.fields(['file_watch_config']).get('file_watch_config');
  const frequencies = polling?.fields(['min_poll_frequency', 'max_poll_frequency']);
  const poll = (key: string, fallback: number) =>
    Math.max(1, frequencies?.read(key, (v) => v.anyDurationMs(), fallback) ?? fallback);
  const pollMinMs = poll('min_poll_frequency', DEFAULT_POLL_MS);
  const single = fields.get('client');
  const jobs = fields.get('scrape_configs');
  const clients = fields.get('clients')?.list() ?? [];
  return {
    clients: readTailClients([...(single ? [single] : []), ...clients], warnings),
    positions: readPositions(fields.get('positions'), inheritsPositions),
    jobs: jobs ? await readTailJobs(jobs, warnings) : [],
    limits: readLimits(fields.get('limits_config'), warnings),
    syncPeriodMs: Math.max(
      1,
      target?.read('sync_period', (v) => v.anyDurationMs(), DEFAULT_SYNC_PERIOD_MS) ?? DEFAULT_SYNC_PERIOD_MS,
    ),
    pollMinMs,
    pollMaxMs: Math.max(pollMinMs, poll('max_poll_frequency', DEFAULT_POLL_MS)),
    hostname: environment.HOSTNAME || hostname(),
  };
}

function readPositions(node: YamlNode | undefined, inherits: boolean): PositionsConfig {
  const fields = node?.fields(['filename', 'sync_period', 'ignore_invalid_yaml']);
  const file = fields?.read('filename', (v) => v.filePath(), undefined);
  return {
    file,
    inherited: file === undefined && inherits ? PROMTAIL_POSITIONS : undefined,
    syncPeriodMs: Math.max(
      1,
      fields?.read('sync_period', (v) => v.anyDurationMs(), DEFAULT_SYNC_PERIOD_MS) ?? DEFAULT_SYNC_PERIOD_MS,
    ),
    ignoresInvalid: fields?.read('ignore_invalid_yaml', (v) => v.boolean(), false) ?? false,
  };
}

function readLimits(node: YamlNode | undefined, warnings: Warnings): TailLimits {
  const fields = node?.fields([
    ...['readline_rate', 'readline_burst', 'readline_rate_enabled', 'readline_rate_drop'],
    ...['max_streams', 'max_line_size', 'max_line_size_truncate'],
  ]);
  const streams = fields?.get('max_streams');
  if (streams && streams.count() > 0) warnings.add(streams, 'is not supported and is ignored');
  const flag = (key: string, fallback: boolean) =>
    fields?.read(key, (v) => v.boolean(), fallback) ?? fallback;
  const rate = fields?.read('readline_rate', (v) => v.number(), DEFAULT_LINE_RATE) ?? DEFAULT_LINE_RATE;
  const burst = fields?.read('readline_burst', (v) => v.count(), DEFAULT_LINE_RATE) ?? DEFAULT_LINE_RATE;
  return {
    lineRate: flag('readline_rate_enabled', false) ? rate : 0,
    lineBurst: Math.max(1, burst),
    dropsAboveRate: flag('readline_rate_drop', true),
    lineMaxBytes: fields?.read('max_line_size', (v) => v.sizeBytes(), 0) ?? 0,
    truncatesLines: flag('max_line_size_truncate', false),
  };
}

/** Reads a Promtail configuration. Throws `ConfigError`. */
export async function readPromtailFile(
  file: string,
  expandsEnvironment: boolean,
  environment: Environment,
): Promise<{ readonly tail: TailConfig; readonly warnings: readonly string[] }> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  const yaml = await import('yaml');
  const root = parseYaml(
    yaml,
    file,
    expandsEnvironment ? expandEnvironment(text, environment) : text,
    environment,
  );
  if (!root) throw new ConfigError(`${file}: the file is empty`);
  const warnings = new Warnings();
  const tail = await readTail(root, environment, warnings, true);
  return { tail, warnings: warnings.lines };
}

/**
 * `${NAME}` and `${NAME:-default}` become what the variable holds, or nothing. As with Promtail, a doubled backslash is
 * one then. `${1}` is no name and stays.
 */
export function expandEnvironment(text: string, environment: Environment): string {
  return text
    .replaceAll('\\\\', '\\')
    .replace(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
      const value = environment[name];
      return value === undefined || (value === '' && fallback !== undefined) ? (fallback ?? '') : value;
    });
}
