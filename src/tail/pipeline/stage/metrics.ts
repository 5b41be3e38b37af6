/**
 * `metrics`: counters, gauges and histograms made from lines, one child per label set, told with the process's own
 * metrics. A child that no line touched for a while goes.
 */

import type { Family } from '../../../base/telemetry.ts';
import { TriliteError } from '../../../model/errors.ts';
import type { TailEntry } from '../entry.ts';
import type { MetricConfig } from '../stage-config.ts';
import { numberOf, textOf } from './extracted.ts';
import { labelKey } from './label-key.ts';
import type { EntryStep, StageContext } from './stage.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The children of one metric that this stage touched. */
class Children<Child> {
  readonly #family: Family<Child>;
  readonly #maxIdleMs: number;
  readonly #children = new Map<
    string,
    {
      readonly child: Child;
      readonly names: readonly string[];
      readonly values: readonly string[];
      atMs: number;
    }
  >();

  constructor(family: Family<Child>, maxIdleMs: number) {
    this.#family = family;
    this.#maxIdleMs = maxIdleMs;
  }

  of(labels: ReadonlyMap<string, string>, nowMs: number): Child {
    const key = labelKey(labels);
    let known = this.#children.get(key);
    if (!known) {
      // Reserved names are of no use outside, and `le` is the histogram's own.
      const names = [...labels.keys()]
        .filter((name) => LABEL_NAME.test(name) && !name.startsWith('__') && name !== 'le')
        .sort();
      const values = names.map((name) => labels.get(name)!);
      known = { child: this.#family.withLabels(names, values), names, values, atMs: nowMs };
      this.#children.set(key, known);
    }
    known.atMs = nowMs;
    return known.child;
  }

  /** Label sets that differ in reserved names alone share a child. */
  forgetIdle(nowMs: number): void {
    const live = new Set<Child>();
    for (const { child, atMs } of this.#children.values()) {
      if (nowMs - atMs < this.#maxIdleMs) live.add(child);
    }
    for (const [key, { child, names, values, atMs }] of this.#children) {
      if (nowMs - atMs < this.#maxIdleMs) continue;
      this.#children.delete(key);
      if (!live.has(child)) this.#family.forget(names, values);
    }
  }
}

type Recorder = (entry: TailEntry) => void;

/** Throws `TriliteError` (`bad_data`) where a metric of that name is there and is another one. */
export function compileMetrics(metrics: readonly MetricConfig[], context: StageContext): EntryStep {
  const recorders = metrics.map((metric) => compileMetric(metric, context));
  return (entry) => {
    for (const record of recorders) record(entry);
    return true;
  };
}

function compileMetric(config: MetricConfig, context: StageContext): Recorder {
  const known = context.telemetry.find(config.name);
  if (known && (known.type !== config.type || known.labelNames !== 'free')) {
    throw new TriliteError('bad_data', `there is another metric of the name ${config.name}`);
  }
  switch (config.type) {
    case 'counter':
      return compileCounter(config, context);
    case 'gauge':
      return compileGauge(config, context);
    default:
      return compileHistogram(config, context);
  }
}

function childrenOf<Child>(
  family: Family<Child>,
  config: MetricConfig,
  context: StageContext,
): Children<Child> {
  const children = new Children(family, config.maxIdleMs);
  context.telemetry.onCollect(() => children.forgetIdle(context.now()));
  return children;
}

/** The extracted value, where it is there and is the one that is counted. */
function countedValue(
  { extracted }: TailEntry,
  { source, value }: MetricConfig,
): { readonly value: unknown } | undefined {
  if (!extracted.has(source)) return undefined;
  const found = extracted.get(source);
  return value !== undefined && textOf(found) !== value ? undefined : { value: found };
}

function compileCounter(config: Extract<MetricConfig, { type: 'counter' }>, context: StageContext): Recorder {
  const family = context.telemetry.counter(config.name, config.description, 'free');
  const children = childrenOf(family, config, context);
  return (entry) => {
    const found = config.matchAll ? undefined : countedValue(entry, config);
    if (!config.matchAll && !found) return;
    const by = amount(config, entry, found?.value);
    // A counter only grows.
    if (by !== undefined && by >= 0) children.of(entry.labels, context.now()).add(by);
  };
}

function amount(
  { action, countBytes }: Extract<MetricConfig, { type: 'counter' }>,
  entry: TailEntry,
  value: unknown,
): number | undefined {
  if (countBytes) return Buffer.byteLength(entry.line);
  return action === 'inc' ? 1 : numberOf(value);
}

function compileGauge(config: Extract<MetricConfig, { type: 'gauge' }>, context: StageContext): Recorder {
  const family = context.telemetry.gauge(config.name, config.description, 'free');
  const children = childrenOf(family, config, context);
  const { action } = config;
  const fixed = action === 'inc' || action === 'dec' ? 1 : undefined;
  const sign = action === 'dec' || action === 'sub' ? -1 : 1;
  return (entry) => {
    const found = countedValue(entry, config);
    const by = found && (fixed ?? numberOf(found.value));
    if (by === undefined) return;
    const child = children.of(entry.labels, context.now());
    if (action === 'set') child.set(by);
    else child.add(sign * by);
  };
}

function compileHistogram(
  config: Extract<MetricConfig, { type: 'histogram' }>,
  context: StageContext,
): Recorder {
  const family = context.telemetry.histogram(config.name, config.description, 'free', config.buckets);
  const children = childrenOf(family, config, context);
  return (entry) => {
    const found = countedValue(entry, config);
    const value = found && numberOf(found.value);
    if (value !== undefined) children.of(entry.labels, context.now()).observe(value);
  };
}
