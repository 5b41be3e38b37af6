/**
 * Every command: what it is for in a line, its flags and its help. The main help, `trilite help COMMAND`, suggestions and the completion
 * of shells read this table, and nothing else knows what there is. A new command is a line here; the compiler asks for it.
 */

import type { ParseArgsOptionsConfig } from 'node:util';
import type { Command } from '../config/flags.ts';
import { SERVE_USAGE } from '../config/usage.ts';
import { SHELLS } from './completion-usage.ts';

export const GROUPS = {
  run: 'Run',
  ask: 'Ask',
  data: 'Move and compare data',
  check: 'Check and test',
  other: 'Other',
} as const;

export type Options = Readonly<ParseArgsOptionsConfig>;

/** The text of `--help`, and the flags as `parseArgs` takes them. */
interface Told {
  readonly usage: string;
  readonly options: Options;
}

export interface CommandEntry {
  readonly group: keyof typeof GROUPS;
  readonly summary: string;
  /** Words that may follow the command. */
  readonly words?: readonly string[];
  /** What its other arguments are. */
  readonly takes?: 'files' | 'query';
  /** Values of flags that have a fixed set, beside those of `COMMON_VALUES`. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
  load(): Promise<Told>;
}

export type ListedCommand = Exclude<Command, 'version' | 'help'>;

const BOOLEANS = ['true', 'false'];
/** Of flags that mean the same wherever they are. */
export const COMMON_VALUES: Readonly<Record<string, readonly string[]>> = {
  color: ['auto', 'always', 'never'],
  'log-level': ['debug', 'info', 'warn', 'error'],
  signal: ['metrics', 'logs', 'traces'],
  'config.auto-reload': BOOLEANS,
  'metrics-generator': BOOLEANS,
  'alertmanager.drain-notification-queue-on-shutdown': BOOLEANS,
  'query.delayed-name-removal': BOOLEANS,
  'query.use-start-timestamps': BOOLEANS,
};

const QUERY_WORDS = ['promql', 'logql', 'traceql', 'trace', 'labels', 'values', 'series', 'metrics'];
const QUERY_FORMS = ['table', 'graph', 'json', 'csv', 'jsonl', 'raw'];

// biome-ignore format: a line a command.
export const COMMANDS: Readonly<Record<ListedCommand, CommandEntry>> = {
  serve: { group: 'run', summary: 'runs the server; the command when none is named', load: serve },
  lgtm: { group: 'run', summary: 'runs in the place of the grafana/otel-lgtm image', load: async () => lgtm(await import('./lgtm.ts')) },
  query: { group: 'ask', summary: 'asks in PromQL, LogQL or TraceQL: tables, graphs, JSON, CSV', words: QUERY_WORDS, takes: 'query', values: { output: QUERY_FORMS }, load: async () => from(await import('./query-flags.ts'), 'QUERY') },
  ask: { group: 'ask', summary: 'asks across signals: logs of traces, traces of logs, metrics of a trace', words: ['logs', 'traces', 'metrics'], values: { output: ['table', 'json'] }, load: async () => from(await import('./ask-flags.ts'), 'ASK') },
  tail: { group: 'ask', summary: 'follows logs', takes: 'query', values: { output: ['default', 'raw', 'jsonl'] }, load: async () => from(await import('./tail-flags.ts'), 'TAIL') },
  mcp: { group: 'ask', summary: 'tools for coding agents', load: async () => from(await import('./mcp.ts'), 'MCP') },
  doctor: { group: 'check', summary: 'says what is wrong, and what to do about it', load: async () => from(await import('./doctor-flags.ts'), 'DOCTOR') },
  check: { group: 'check', summary: 'configurations, rules, pages of metrics, as promtool does', words: ['config', 'rules', 'metrics', 'web-config', 'alertmanager', 'healthy', 'ready'], takes: 'files', values: { language: ['promql', 'logql'] }, load: async () => from(await import('./check.ts'), 'CHECK') },
  test: { group: 'check', summary: 'unit tests of rules, and PromQL scripts', words: ['rules', 'promql'], takes: 'files', load: async () => from(await import('./test.ts'), 'TEST') },
  verify: { group: 'check', summary: 'whether telemetry is what files expect, after a command', takes: 'files', load: async () => from(await import('./verify-flags.ts'), 'VERIFY') },
  convert: { group: 'check', summary: "Loki's or Tempo's configuration as one of Trilite", takes: 'files', load: async () => from(await import('./convert.ts'), 'CONVERT') },
  slo: { group: 'check', summary: "rules of service level objectives, of Sloth's files too", takes: 'files', load: async () => from(await import('./slo.ts'), 'SLO') },
  diff: { group: 'data', summary: 'compares two runs by their databases', takes: 'files', values: { output: ['table', 'json'], 'fail-on': ['any', 'worse', 'never'] }, load: async () => from(await import('./diff.ts'), 'DIFF') },
  snapshot: { group: 'data', summary: 'a window of all three signals as one file', takes: 'files', load: async () => from(await import('./snapshot.ts'), 'SNAPSHOT') },
  backup: { group: 'data', summary: 'everything of a server or a directory as one file', takes: 'files', load: async () => from(await import('./backup.ts'), 'BACKUP') },
  restore: { group: 'data', summary: 'makes a data directory of a backup', takes: 'files', load: async () => from(await import('./backup.ts'), 'RESTORE') },
  export: { group: 'data', summary: 'gives out what is stored, as OpenMetrics, remote-write, Loki pushes or OTLP', load: async () => from(await import('./export-flags.ts'), 'EXPORT') },
  import: { group: 'data', summary: 'takes in what export gave out, or others', takes: 'files', load: async () => from(await import('./import-flags.ts'), 'IMPORT') },
  bench: { group: 'other', summary: 'sends load to this and other systems, and measures', values: { transport: ['http', 'grpc'], lines: ['json', 'logfmt', 'access', 'mix'] }, load: bench },
  completion: { group: 'other', summary: 'completion for bash, zsh and fish', words: SHELLS, load: async () => from(await import('./completion-usage.ts'), 'COMPLETION') },
};

/** What a module has under `NAME_USAGE` and `NAME_OPTIONS`. */
function from(module: Readonly<Record<string, unknown>>, name: string): Told {
  return { usage: module[`${name}_USAGE`] as string, options: module[`${name}_OPTIONS`] as Options };
}

async function serve(): Promise<Told> {
  const { serveOptions } = await import('../config/flags.ts');
  return { usage: SERVE_USAGE, options: serveOptions() };
}

async function lgtm({ LGTM_USAGE }: typeof import('./lgtm.ts')): Promise<Told> {
  return { usage: LGTM_USAGE, options: { ...(await serve()).options, grafana: { type: 'string' } } };
}

async function bench(): Promise<Told> {
  const { BENCH_USAGE } = await import('../bench/usage.ts');
  const { SWITCHES, VALUE_FLAGS } = await import('../bench/flags.ts');
  const options = [
    ...VALUE_FLAGS.map((flag) => [flag, { type: 'string', multiple: true }] as const),
    ...[...SWITCHES, 'help'].map((flag) => [flag, { type: 'boolean' }] as const),
  ];
  return { usage: BENCH_USAGE, options: Object.fromEntries(options) };
}

export function isListed(name: string): name is ListedCommand {
  return Object.hasOwn(COMMANDS, name);
}
