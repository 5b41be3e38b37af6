/**
 * Objectives in Sloth's form, as a file and as a resource of Kubernetes, which differ in how keys are written. What Sloth's plugins
 * do is not done; a specification with one is refused. Keys that are not known are passed over, as Sloth does.
 */

import { Evaluation } from '../model/template/eval.ts';
import { functionNames } from '../model/template/functions.ts';
import { COMPARE_FUNCTIONS } from '../model/template/functions-builtin.ts';
import { parseTemplate } from '../model/template/parse.ts';
import type { TemplateFunction } from '../model/template/template-function.ts';
import type { Indicator, SloAlert } from '../slo/slo.ts';
import { readStringMap } from './node-values.ts';
import { type ReadSlo, readObjective, readSloName } from './slo-values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** The same keys in the two ways of writing them. */
const FILE_KEYS = {
  errorQuery: 'error_query',
  totalQuery: 'total_query',
  errorRatioQuery: 'error_ratio_query',
  pageAlert: 'page_alert',
  ticketAlert: 'ticket_alert',
  sloPlugins: 'slo_plugins',
} as const;
type Keys = Readonly<Record<keyof typeof FILE_KEYS, string>>;
const RESOURCE_KEYS = Object.fromEntries(Object.keys(FILE_KEYS).map((key) => [key, key])) as Keys;

const WINDOW_VARIABLE = /\{\{ *\.window *\}\}/;
const FUNCTIONS: ReadonlyMap<string, TemplateFunction<undefined>> = new Map(
  Object.entries(COMPARE_FUNCTIONS),
);
const FUNCTION_NAMES = functionNames(FUNCTIONS);

export function readSlothSpec(root: YamlNode, windowMs: number): readonly ReadSlo[] {
  return readSpec(root, FILE_KEYS, windowMs);
}

/** A `PrometheusServiceLevel`. */
export function readServiceLevel(root: YamlNode, windowMs: number): readonly ReadSlo[] {
  return readSpec(root.known(['spec']).require('spec'), RESOURCE_KEYS, windowMs);
}

function readSpec(node: YamlNode, keys: Keys, windowMs: number): readonly ReadSlo[] {
  const fields = node.known(['service', 'labels', 'slos', keys.sloPlugins]);
  refusePlugins(fields.get(keys.sloPlugins));
  const service = readSloName(fields.require('service'));
  const labels = fields.read('labels', readStringMap, {});
  const list = fields.require('slos');
  const slos = list.list();
  if (slos.length === 0) list.fail('at least one objective is needed');
  return slos.map((slo) => readSlo(slo, keys, { service, labels, windowMs }));
}

interface Common {
  readonly service: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly windowMs: number;
}

function readSlo(node: YamlNode, keys: Keys, { service, labels, windowMs }: Common): ReadSlo {
  const fields = node.known(['name', 'objective', 'labels', 'sli', 'alerting', 'plugins']);
  refusePlugins(fields.get('plugins'));
  const alerting = fields
    .get('alerting')
    ?.known([...['name', 'labels', 'annotations', keys.pageAlert, keys.ticketAlert]]);
  const sli = fields.require('sli');
  return {
    node,
    indicator: sli,
    slo: {
      service,
      name: readSloName(fields.require('name')),
      objective: readObjective(fields.require('objective')),
      windowMs,
      indicator: readIndicator(sli, keys),
      labels: { ...labels, ...fields.read('labels', readStringMap, {}) },
      page: readAlert(node, alerting, keys.pageAlert),
      ticket: readAlert(node, alerting, keys.ticketAlert),
    },
  };
}

function readIndicator(node: YamlNode, keys: Keys): Indicator {
  const fields = node.known(['events', 'raw', 'plugin']);
  fields.get('plugin')?.fail("Sloth's plugins are not supported; events or raw has the queries themselves");
  const [events, raw] = [fields.get('events'), fields.get('raw')];
  if (events && raw) node.fail('only one of events and raw is allowed');
  if (raw) {
    const query = readQuery(raw.known([keys.errorRatioQuery]).require(keys.errorRatioQuery));
    return { errorRatio: (window) => `(${query(window)})` };
  }
  if (!events) return node.fail('one of events and raw is needed');
  const queries = events.known([keys.errorQuery, keys.totalQuery]);
  const [bad, total] = [queries.require(keys.errorQuery), queries.require(keys.totalQuery)];
  const [badQuery, totalQuery] = [readQuery(bad), readQuery(total)];
  if (bad.string() === total.string()) total.fail('must not be the same as the query of errors');
  return { errorRatio: (window) => `(${badQuery(window)})\n/\n(${totalQuery(window)})\n` };
}

/** A query with `{{.window}}` in it, which it is filled into. */
function readQuery(node: YamlNode): (window: string) => string {
  const text = node.string();
  if (!WINDOW_VARIABLE.test(text)) node.fail('must contain {{.window}}, which stands for 5m, 1h and so on');
  const expand = (window: string): string => {
    const dot = new Map([['window', window]]);
    const parsed = parseTemplate(text, 'query', FUNCTION_NAMES);
    return new Evaluation(parsed, FUNCTIONS, undefined, dot).run(dot);
  };
  if (node.parsed(() => expand('5m')).includes('<no value>'))
    node.fail('there is no variable but {{.window}}');
  return expand;
}

function readAlert(slo: YamlNode, alerting: Fields | undefined, key: string): SloAlert | undefined {
  const own = alerting?.get(key)?.known(['disable', 'labels', 'annotations']);
  if (own?.read('disable', (v) => v.boolean(), false)) return undefined;
  const name = alerting?.read('name', (v) => v.string(), '') ?? '';
  if (name === '')
    (alerting?.node ?? slo).fail(`"name" of alerting is missing, and the alert is not disabled`);
  const merged = (what: string) => ({
    ...alerting?.read(what, readStringMap, {}),
    ...own?.read(what, readStringMap, {}),
  });
  return { name, labels: merged('labels'), annotations: merged('annotations') };
}

function refusePlugins(node: YamlNode | undefined): void {
  const chain = node?.known(['chain']).get('chain');
  if (chain && chain.list().length > 0) chain.fail("Sloth's plugins are not supported");
}
