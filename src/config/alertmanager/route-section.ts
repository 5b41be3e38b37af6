/** `route` of an `alertmanager.yml`: the tree, each route with what it says itself. What is wrong is told in the original's words. */

import type { RouteConfig } from '../../alertmanager/alertmanager-config.ts';
import { parseDuration } from '../../model/duration.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import { readMatchers } from './matchers-section.ts';

const KEYS: readonly string[] = [
  'receiver',
  'group_by',
  'match',
  'match_re',
  'matchers',
  'mute_time_intervals',
  'active_time_intervals',
  'continue',
  'routes',
  'group_wait',
  'group_interval',
  'repeat_interval',
  'labels',
];
/** By all labels. */
const ALL = '...';
/** Deeper trees are a mistake, or an attack on whoever walks them. */
const DEPTH_MAX = 100;

export function readRoute(node: YamlNode, depth = 0): RouteConfig {
  if (depth > DEPTH_MAX) node.fail(`routes are nested deeper than ${DEPTH_MAX}`);
  const fields = node.fields(KEYS);
  const routes = fields.read('routes', (v) => v.list().map((child) => readRoute(child, depth + 1)), []);
  return {
    receiver: fields.read('receiver', (v) => v.string(), ''),
    groupBy: fields.read('group_by', readGroupBy, undefined),
    matchers: readMatchers(fields, { equal: 'match', pattern: 'match_re', matchers: 'matchers' }),
    muteTimeIntervals: fields.read('mute_time_intervals', (v) => v.strings(), []),
    activeTimeIntervals: fields.read('active_time_intervals', (v) => v.strings(), []),
    continue: fields.read('continue', (v) => v.boolean(), false),
    groupWaitMs: readDuration(fields, 'group_wait'),
    groupIntervalMs: readInterval(fields, 'group_interval'),
    repeatIntervalMs: readInterval(fields, 'repeat_interval'),
    labels: fields.read('labels', readLabels, {}),
    routes,
  };
}

function readGroupBy(node: YamlNode): readonly string[] | 'all' {
  const names = node.strings();
  const labels = names.filter((name) => name !== ALL);
  for (const name of labels) {
    if (name === '') node.fail('invalid label name "" in group_by list');
  }
  if (labels.length < names.length) {
    if (labels.length === 0) return 'all';
    node.fail('cannot have wildcard group_by (`...`) and other labels at the same time');
  }
  const twice = labels.find((name, i) => labels.indexOf(name) < i);
  if (twice !== undefined) node.fail(`duplicated label ${JSON.stringify(twice)} in group_by`);
  return labels;
}

function readDuration(fields: Fields, key: string): number | undefined {
  return fields.read(key, (v) => v.parsed(parseDuration), undefined);
}

function readInterval(fields: Fields, key: string): number | undefined {
  const ms = readDuration(fields, key);
  if (ms === 0) fields.get(key)!.fail(`${key} cannot be zero`);
  return ms;
}

function readLabels(node: YamlNode): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of node.entries()) {
    if (name === '') node.fail('invalid label name "" in route labels');
    out[name] = value?.string() ?? '';
  }
  return out;
}
