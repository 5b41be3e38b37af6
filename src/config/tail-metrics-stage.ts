/** The stage `metrics`: metrics that are made from lines, by name. */

import { parseGoFloat } from '../model/go-float.ts';
import { type MetricConfig, STAGE_DEFAULTS, type StageConfig } from '../tail/pipeline/stage-config.ts';
import { goDurationMs } from './tail-stage-values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const TYPES = ['counter', 'gauge', 'histogram'] as const;
const COUNTER_ACTIONS = ['inc', 'add'] as const;
const GAUGE_ACTIONS = ['set', 'inc', 'dec', 'add', 'sub'] as const;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const IDLE_MIN_MS = 1000;

export function readMetrics(node: YamlNode): StageConfig {
  const metrics = node.entries().map(([name, value]) => {
    if (!value) node.fail(`the metric ${name} says nothing`);
    return readMetric(name, value);
  });
  return { kind: 'metrics', metrics };
}

/** Types and actions may be written in any case. */
function choice<T extends string>(node: YamlNode, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === node.string().toLowerCase());
  return found ?? node.fail(`expected one of ${allowed.join(', ')}, got ${JSON.stringify(node.string())}`);
}

function readMetric(key: string, node: YamlNode): MetricConfig {
  const fields = node.fields(['type', 'description', 'source', 'prefix', 'max_idle_duration', 'config']);
  const defaults = STAGE_DEFAULTS.metrics;
  const name = (fields.read('prefix', (v) => v.string(), '') || defaults.prefix) + key;
  if (!METRIC_NAME.test(name)) node.fail(`invalid metric name ${JSON.stringify(name)}`);
  const base = {
    name,
    description: fields.read('description', (v) => v.string(), ''),
    source: fields.read('source', (v) => v.string(), key),
    maxIdleMs: fields.read('max_idle_duration', readIdle, defaults.maxIdleMs),
  };
  const type = choice(fields.require('type'), TYPES);
  if (type === 'histogram') {
    const config = fields.get('config')?.fields(['value', 'buckets']);
    const value = config?.get('value')?.string();
    return {
      ...base,
      type,
      value,
      buckets: config?.read('buckets', readBuckets, undefined) ?? defaults.buckets,
    };
  }
  const config = fields.require('config');
  return type === 'counter'
    ? { ...base, type, ...readCounter(config) }
    : { ...base, type, ...readGauge(config.fields(['value', 'action'])) };
}

function readIdle(node: YamlNode): number {
  const ms = goDurationMs(node);
  return ms < IDLE_MIN_MS ? node.fail('less than 1s is not allowed') : ms;
}

type CounterParts = Pick<
  Extract<MetricConfig, { type: 'counter' }>,
  'value' | 'action' | 'matchAll' | 'countBytes'
>;

function readCounter(node: YamlNode): CounterParts {
  const fields = node.fields(['value', 'action', 'match_all', 'count_entry_bytes']);
  const value = fields.get('value')?.string();
  const action = choice(fields.require('action'), COUNTER_ACTIONS);
  const matchAll = fields.read('match_all', (v) => v.boolean(), false);
  const countBytes = fields.read('count_entry_bytes', (v) => v.boolean(), false);
  if (matchAll && value !== undefined) node.fail('match_all: true and value exclude each other');
  if (countBytes && !matchAll) node.fail('count_entry_bytes: true needs match_all: true');
  if (countBytes && action !== 'add') node.fail('count_entry_bytes: true needs action: add');
  return { value, action, matchAll, countBytes };
}

function readGauge(fields: Fields): Pick<Extract<MetricConfig, { type: 'gauge' }>, 'value' | 'action'> {
  return { value: fields.get('value')?.string(), action: choice(fields.require('action'), GAUGE_ACTIONS) };
}

/** Upper bounds, ascending; the one of everything goes without saying. */
function readBuckets(node: YamlNode): readonly number[] | undefined {
  const bounds = node.list().map((item) => {
    const bound = parseGoFloat(item.string());
    return bound === undefined || Number.isNaN(bound) ? item.fail('expected a number') : bound;
  });
  if (bounds.at(-1) === Number.POSITIVE_INFINITY) bounds.pop();
  if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) node.fail('buckets must ascend');
  return bounds.length > 0 ? bounds : undefined;
}
