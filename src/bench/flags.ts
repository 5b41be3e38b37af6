/** Reads the command line of `trilite bench` into a `BenchPlan`. Whatever cannot be is a `BenchFlagError`. */

import { parseArgs } from 'node:util';
import { parseDuration } from '../model/duration.ts';
import { BenchFlagError } from './flag-error.ts';
import type { BenchPlan, LoadFlags } from './plan.ts';
import { baseUrl, type System } from './target.ts';
import { TargetList } from './target-flags.ts';
import type { LineForm, Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

export type BenchCommand =
  | { readonly command: 'help' | 'list' }
  | { readonly command: 'run'; readonly plan: BenchPlan };

/** Flags that belong to the target before them. */
const TARGET_FLAGS = ['target', 'pid', 'data-dir', 'name', 'header'] as const;

/** Flags with a value; every flag stands in the help. */
export const VALUE_FLAGS = [
  ...TARGET_FLAGS,
  'workload',
  'baseline',
  'seed',
  'series',
  'churn',
  'churn-every',
  'batch',
  'items',
  'duration',
  'interval',
  'start-ago',
  'targets',
  'run',
  'lines',
  'transport',
  'repeat',
  'speedup',
  'rounds',
  'concurrency',
  'rate',
  'give-up',
  'timeout',
  'settle-min',
  'settle-max',
  'readback-max',
  'json',
  'listen',
  'write-scrape-config',
] as const;
export const SWITCHES = ['no-retry', 'no-settle', 'no-readback', 'quiet', 'list'] as const;

type ValueFlag = (typeof VALUE_FLAGS)[number];

const DEFAULT_WORKLOAD = 'remote-write';
const LINE_FORMS: readonly LineForm[] = ['json', 'logfmt', 'access', 'mix'];
const MULTIPLIERS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** Without the word `bench`. */
export function parseBenchFlags(argv: readonly string[]): BenchCommand {
  const { tokens, positionals } = tokenize(argv);
  const given = new Map<string, string>();
  const targets = new TargetList();
  const names: string[] = [...positionals];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, value = '' } = token;
    if (name === 'workload') names.push(...value.split(','));
    else if ((TARGET_FLAGS as readonly string[]).includes(name)) targets.add(name, value);
    else given.set(name, value);
  }
  if (given.has('help')) return { command: 'help' };
  if (given.has('list')) return { command: 'list' };
  const workloads = (names.length > 0 ? names : [DEFAULT_WORKLOAD]).map(workloadOf);
  const systems = targets.systems();
  for (const workload of workloads) for (const system of systems) requireUrls(workload, system);
  return { command: 'run', plan: planOf(new Values(given), workloads, systems) };
}

type Token = { readonly kind: string; readonly name: string; readonly value?: string };

function tokenize(argv: readonly string[]): { tokens: readonly Token[]; positionals: readonly string[] } {
  const options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const flag of VALUE_FLAGS) options[flag] = { type: 'string', multiple: true };
  for (const flag of SWITCHES) options[flag] = { type: 'boolean' };
  try {
    const { tokens, positionals } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    return { tokens: tokens as unknown as Token[], positionals };
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw new BenchFlagError(sentence!);
  }
}

function workloadOf(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (found) return found;
  const known = WORKLOADS.map((workload) => workload.name).join(', ');
  throw new BenchFlagError(`there is no workload ${JSON.stringify(name)}; there are ${known}`);
}

function requireUrls(workload: Workload, system: System): void {
  const missing = workload.needs.filter((kind) => baseUrl(system, kind) === undefined);
  if (missing.length > 0) {
    throw new BenchFlagError(
      `${workload.name} needs the URL of ${missing.join(' and ')} of ${system.name}: --target ${missing[0]}=http://...`,
    );
  }
}

/** Reads values by flag; every reader names the flag in its error. */
class Values {
  readonly #given: ReadonlyMap<string, string>;

  constructor(given: ReadonlyMap<string, string>) {
    this.#given = given;
  }

  has(switchName: (typeof SWITCHES)[number]): boolean {
    return this.#given.has(switchName);
  }

  text(flag: ValueFlag): string | undefined {
    return this.#given.get(flag);
  }

  #bad(flag: ValueFlag, what: string): BenchFlagError {
    return new BenchFlagError(`--${flag}: ${JSON.stringify(this.#given.get(flag))} is not ${what}`);
  }

  /** A number with an optional multiplier: 10k, 2M, 1.5M. */
  number(flag: ValueFlag, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.#given.get(flag);
    if (text === undefined) return undefined;
    const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
    const value = match ? Number(match[1]) * MULTIPLIERS[match[2]!]! : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw this.#bad(
        flag,
        `a number ${max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`}`,
      );
    }
    return value;
  }

  integer(flag: ValueFlag, min: number): number | undefined {
    const value = this.number(flag, min);
    if (value !== undefined && !Number.isInteger(value)) throw this.#bad(flag, 'a whole number');
    return value;
  }

  durationMs(flag: ValueFlag): number | undefined {
    const text = this.#given.get(flag);
    if (text === undefined) return undefined;
    try {
      return parseDuration(text);
    } catch {
      throw this.#bad(flag, 'a duration such as 30s or 5m');
    }
  }

  oneOf<T extends string>(flag: ValueFlag, choices: readonly T[]): T | undefined {
    const text = this.#given.get(flag);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw this.#bad(flag, `one of ${choices.join(', ')}`);
    return found;
  }

  name(flag: ValueFlag, pattern: RegExp, what: string): string | undefined {
    const text = this.#given.get(flag);
    if (text !== undefined && !pattern.test(text)) throw this.#bad(flag, what);
    return text;
  }
}

function loadFlags(values: Values): LoadFlags {
  return {
    seed: values.integer('seed', 0) ?? 1,
    series: values.integer('series', 1),
    churn: values.number('churn', 0, 1) ?? 0,
    churnEvery: values.integer('churn-every', 1) ?? 20,
    batch: values.integer('batch', 1),
    items: values.integer('items', 1),
    durationMs: values.durationMs('duration'),
    intervalMs: values.durationMs('interval') || undefined,
    startAgoMs: values.durationMs('start-ago'),
    targets: values.integer('targets', 1) ?? 10,
    run: values.name('run', /^[a-z0-9]+$/, 'made of a-z and 0-9'),
    lines: values.oneOf('lines', LINE_FORMS),
    transport: values.oneOf('transport', ['http', 'grpc']),
    repeat: values.integer('repeat', 1),
    speedup: values.number('speedup', 0.001),
  };
}

function planOf(values: Values, workloads: readonly Workload[], systems: readonly System[]): BenchPlan {
  const baselineName = values.text('baseline');
  const baseline = baselineName === undefined ? 0 : systems.findIndex((s) => s.name === baselineName);
  if (baseline < 0)
    throw new BenchFlagError(`--baseline: no target is named ${JSON.stringify(baselineName)}`);
  return {
    workloads,
    systems,
    baseline,
    load: loadFlags(values),
    rounds: values.integer('rounds', 1) ?? 5,
    concurrency: values.integer('concurrency', 1),
    rate: values.number('rate', 0.001) ?? Number.POSITIVE_INFINITY,
    retry: !values.has('no-retry'),
    giveUpMs: values.durationMs('give-up') ?? 60_000,
    timeoutMs: values.durationMs('timeout') || 30_000,
    settleMinMs: values.durationMs('settle-min') ?? 0,
    settleMaxMs: values.has('no-settle') ? 0 : (values.durationMs('settle-max') ?? 60_000),
    readBackMaxMs: values.has('no-readback') ? 0 : (values.durationMs('readback-max') ?? 30_000),
    jsonFile: values.text('json'),
    quiet: values.has('quiet'),
    listen: listenAddress(values.text('listen') ?? '127.0.0.1:9464'),
    scrapeConfigFile: values.text('write-scrape-config'),
  };
}

function listenAddress(text: string): { host: string; port: number } {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  if (!match || Number(match[2]) > 65_535)
    throw new BenchFlagError(`--listen: ${JSON.stringify(text)} is not HOST:PORT`);
  return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
}
