/**
 * An `alertmanager.yml` as a whole: a file of its own, or `trilite.alertmanager`. Unknown keys are errors, as in the original; what it
 * knows and Trilite has no use for (tracing, the recorder of events) is named in a warning. What is wrong is told in the original's
 * words, with the place where it stands.
 */

import { readFileSync } from 'node:fs';
import type { RouteConfig, RoutingConfig } from '../../alertmanager/alertmanager-config.ts';
import type { ReceiverConfig } from '../../alertmanager/receiver-config.ts';
import { fileError } from '../../base/file-error.ts';
import { ConfigError } from '../config-error.ts';
import type { Environment } from '../environment.ts';
import { maskSecrets } from '../masked.ts';
import { Warnings } from '../warnings.ts';
import { parseYaml, type YamlNode } from '../yaml-node.ts';
import { readGlobal } from './global-section.ts';
import { readInhibitRules } from './inhibit-section.ts';
import { readReceivers } from './receivers-section.ts';
import { readRoute } from './route-section.ts';
import { readTimeIntervals } from './time-interval-section.ts';

const KEYS: readonly string[] = [
  'global',
  'route',
  'inhibit_rules',
  'receivers',
  'templates',
  'mute_time_intervals',
  'time_intervals',
  'tracing',
  'event_recorder',
];
const UNSUPPORTED: readonly string[] = ['tracing', 'event_recorder'];

export interface AlertmanagerConfig {
  readonly routing: RoutingConfig;
  readonly receivers: readonly ReceiverConfig[];
  /** Paths of templates, or globs of them. */
  readonly templates: readonly string[];
  /** As it was written, without its secrets. */
  readonly text: string;
  /** The file that it stands in, if that is one of its own. */
  readonly file: string | undefined;
  readonly warnings: readonly string[];
}

/** Rejects with `ConfigError`. */
export async function readAlertmanagerFile(
  file: string,
  environment: Environment,
): Promise<AlertmanagerConfig> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${fileError(error, file)}`);
  }
  return parseAlertmanagerText(file, text, environment);
}

/** The same of a text, as if it stood in `file`. */
export async function parseAlertmanagerText(
  file: string,
  text: string,
  environment: Environment,
): Promise<AlertmanagerConfig> {
  const yaml = await import('yaml');
  const root = parseYaml(yaml, file, text, environment);
  if (!root) throw new ConfigError(`${file}: no route provided in config`);
  return { ...readRoot(root), text: maskSecrets(yaml, text), file };
}

/** The same document within another file. */
export async function readInlineAlertmanager(node: YamlNode): Promise<AlertmanagerConfig> {
  const yaml = await import('yaml');
  return { ...readRoot(node), text: maskSecrets(yaml, yaml.stringify(node.plain())), file: undefined };
}

function readRoot(root: YamlNode): Omit<AlertmanagerConfig, 'text' | 'file'> {
  const warnings = new Warnings();
  const fields = root.fields(KEYS);
  for (const key of UNSUPPORTED) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'is not supported and is ignored');
  }
  const global = readGlobal(fields.get('global'), warnings);
  const receivers = readReceivers(fields.get('receivers'), global, warnings);
  const muteIntervals = fields.read(
    'mute_time_intervals',
    (v) => readTimeIntervals(v, 'mute time interval', new Set()),
    [],
  );
  const names = new Set(muteIntervals.map(({ name }) => name));
  const intervals = fields.read('time_intervals', (v) => readTimeIntervals(v, 'time interval', names), []);
  const timeIntervals = [...muteIntervals, ...intervals];
  const routeNode = fields.get('route') ?? root.fail('no route provided in config');
  const route = readRoute(routeNode);
  checkRoot(routeNode, route);
  checkNames(routeNode, route, {
    receivers: new Set(receivers.map(({ name }) => name)),
    intervals: new Set(timeIntervals.map(({ name }) => name)),
  });
  return {
    routing: {
      resolveTimeoutMs: global.resolveTimeoutMs,
      route,
      inhibitRules: fields.read('inhibit_rules', readInhibitRules, []),
      timeIntervals,
      receivers: receivers.map(({ name, labels }) => ({ name, labels })),
    },
    receivers,
    templates: fields.read('templates', (v) => v.list().map((item) => item.filePath()), []),
    warnings: warnings.lines,
  };
}

/** The root takes every alert, at all times. */
function checkRoot(node: YamlNode, route: RouteConfig): void {
  if (route.receiver === '') node.fail('root route must specify a default receiver');
  if (route.matchers.length > 0) node.fail('root route must not have any matchers');
  if (route.muteTimeIntervals.length > 0) node.fail('root route must not have any mute time intervals');
  if (route.activeTimeIntervals.length > 0) node.fail('root route must not have any active time intervals');
  if (route.continue) node.fail('cannot have continue in root route');
}

interface KnownNames {
  readonly receivers: ReadonlySet<string>;
  readonly intervals: ReadonlySet<string>;
}

/** What routes name must be there. */
function checkNames(node: YamlNode, route: RouteConfig, known: KnownNames): void {
  const children = node.known(['routes']).get('routes')?.list() ?? [];
  for (const [i, child] of route.routes.entries()) checkNames(children[i]!, child, known);
  const { receiver } = route;
  if (receiver !== '' && !known.receivers.has(receiver)) {
    node.fail(`undefined receiver ${JSON.stringify(receiver)} used in route`);
  }
  for (const name of [...route.activeTimeIntervals, ...route.muteTimeIntervals]) {
    if (!known.intervals.has(name))
      node.fail(`undefined time interval ${JSON.stringify(name)} used in route`);
  }
}
