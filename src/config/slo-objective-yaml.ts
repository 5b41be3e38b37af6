/** Objectives in Trilite's own form (docs/slo.md): what they are about is named, and the queries are made of it. Read strictly. */

import { formatFloat } from '../model/float-format.ts';
import {
  classicLatencyIndicator,
  errorIndicator,
  nativeLatencyIndicator,
  type SelectorText,
  saturationIndicator,
} from '../slo/indicators.ts';
import { type Indicator, type SloAlert, sloId } from '../slo/slo.ts';
import { readStringMap } from './node-values.ts';
import { parseSelector } from './selector.ts';
import { type ReadSlo, readObjective, readSloName, readSloWindow } from './slo-values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const KINDS = ['errors', 'latency', 'saturation'] as const;
const SEVERITIES = { page: 'critical', ticket: 'warning' } as const;
const DEFAULT_ALERT = 'ErrorBudgetBurn';
/** Of one second in the unit of a histogram. */
const UNITS = { seconds: 1, milliseconds: 1000 } as const;

type LabelSet = Readonly<Record<string, string>>;

export function readObjectives(root: YamlNode, defaultWindowMs: number): readonly ReadSlo[] {
  const fields = root.fields(['service', 'window', 'labels', 'alerts', 'slos']);
  const common = {
    service: readSloName(fields.require('service')),
    windowMs: fields.read('window', readSloWindow, defaultWindowMs),
    labels: fields.read('labels', readStringMap, {}),
    alerts: fields.read('alerts', readAlerts, NO_ALERTS),
  };
  const slos = fields.require('slos').list();
  if (slos.length === 0) fields.require('slos').fail('at least one objective is needed');
  return slos.map((node) => readSlo(node, common));
}

interface Common {
  readonly service: string;
  readonly windowMs: number;
  readonly labels: LabelSet;
  readonly alerts: Alerts;
}

function readSlo(node: YamlNode, common: Common): ReadSlo {
  const fields = node.fields(['name', 'description', 'objective', 'window', 'labels', 'alerts', ...KINDS]);
  const name = readSloName(fields.require('name'));
  const objective = readObjective(fields.require('objective'));
  const description = fields.read('description', (v) => v.string(), '');
  const { kind, value, indicator } = readKind(fields);
  const id = sloId({ service: common.service, name });
  const alerts = [common.alerts, fields.read('alerts', readAlerts, NO_ALERTS)];
  const texts = {
    summary: `{{ $labels.sloth_service }}: {{ $value | humanizePercentage }} ${BAD_OF[kind]} (${name}), where ${formatFloat(objective)}% shall be good`,
    ...(description !== '' && { description }),
  };
  return {
    node,
    indicator: value,
    slo: {
      service: common.service,
      name,
      objective,
      windowMs: fields.read('window', readSloWindow, common.windowMs),
      indicator,
      labels: { ...common.labels, ...fields.read('labels', readStringMap, {}) },
      page: alertOf('page', id, alerts, texts),
      ticket: alertOf('ticket', id, alerts, texts),
    },
  };
}

const BAD_OF: Readonly<Record<(typeof KINDS)[number], string>> = {
  errors: 'of the events fail',
  latency: 'of the events are too slow',
  saturation: 'of the time it is too full',
};

function readKind(fields: Fields): {
  readonly kind: (typeof KINDS)[number];
  readonly value: YamlNode;
  readonly indicator: Indicator;
} {
  const given = KINDS.filter((kind) => fields.get(kind));
  const [kind] = given;
  if (!kind || given.length > 1) return fields.node.fail(`one of ${KINDS.join(', ')} is needed`);
  const value = fields.require(kind);
  const read = { errors: readErrors, latency: readLatency, saturation: readSaturation }[kind];
  return { kind, value, indicator: read(value) };
}

function readErrors(node: YamlNode): Indicator {
  const fields = node.fields(['bad', 'total']);
  const [bad, total] = [readSelector(fields.require('bad')), readSelector(fields.require('total'))];
  if (bad === total) fields.require('total').fail('must not select the same as bad');
  return errorIndicator(bad, total);
}

function readLatency(node: YamlNode): Indicator {
  const fields = node.fields(['histogram', 'threshold', 'native', 'unit']);
  const histogram = fields.require('histogram');
  const selector = readSelector(histogram);
  const unit = fields.read('unit', (v) => v.oneOf(Object.keys(UNITS) as (keyof typeof UNITS)[]), 'seconds');
  const threshold = (fields.require('threshold').durationMs() * UNITS[unit]) / 1000;
  if (threshold === 0) fields.require('threshold').fail('must be greater than 0');
  if (fields.read('native', (v) => v.boolean(), false)) return nativeLatencyIndicator(selector, threshold);
  return classicLatencyIndicator(partsOf(selector, histogram), threshold);
}

function readSaturation(node: YamlNode): Indicator {
  const fields = node.fields(['ratio', 'below']);
  return saturationIndicator(fields.require('ratio').string().trim(), fields.require('below').number());
}

/** A selector of series, as it is written. */
function readSelector(node: YamlNode): string {
  node.parsed(parseSelector);
  return node.string().trim();
}

function partsOf(selector: string, node: YamlNode): SelectorText {
  const [, name, matchers = ''] = /^([^{\s]*)\s*(?:\{(.*)\})?$/s.exec(selector)!;
  if (name === '') node.fail('the name of the histogram must stand before the braces');
  if (/_(bucket|count|sum)$/.test(name!))
    node.fail('the name of the histogram is without _bucket, _count and _sum');
  return { name: name!, matchers: matchers.trim().replace(/,$/, '') };
}

interface Alerts {
  readonly name: string | undefined;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly page: AlertPart;
  readonly ticket: AlertPart;
}

interface AlertPart {
  /** Undefined where nothing is said of it. */
  readonly wanted: boolean | undefined;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

const NO_PART: AlertPart = { wanted: undefined, labels: {}, annotations: {} };
const NO_ALERTS: Alerts = { name: undefined, labels: {}, annotations: {}, page: NO_PART, ticket: NO_PART };

/** `alerts`, of the file or of one objective, which goes before it. */
function readAlerts(node: YamlNode): Alerts {
  const fields = node.fields(['name', 'labels', 'annotations', 'page', 'ticket']);
  return {
    name: fields.read('name', (v) => v.string(), undefined),
    labels: fields.read('labels', readStringMap, {}),
    annotations: fields.read('annotations', readStringMap, {}),
    page: fields.read('page', readPart, NO_PART),
    ticket: fields.read('ticket', readPart, NO_PART),
  };
}

/** A mapping, or `false` for none. */
function readPart(node: YamlNode): AlertPart {
  if (!node.isMap) return { ...NO_PART, wanted: node.boolean() };
  const fields = node.fields(['labels', 'annotations']);
  return {
    wanted: true,
    labels: fields.read('labels', readStringMap, {}),
    annotations: fields.read('annotations', readStringMap, {}),
  };
}

/** What stands later in the list goes before what stands earlier, and what is said of this severity before what is said of both. */
function alertOf(
  severity: keyof typeof SEVERITIES,
  id: string,
  alerts: readonly Alerts[],
  texts: LabelSet,
): SloAlert | undefined {
  const parts = alerts.map((one) => one[severity]);
  if (parts.findLast(({ wanted }) => wanted !== undefined)?.wanted === false) return undefined;
  const layers = [...alerts, ...parts];
  return {
    name: alerts.findLast(({ name }) => name !== undefined)?.name ?? DEFAULT_ALERT,
    // The id is one of the series' labels anyway; it makes rules of one name different.
    labels: Object.assign(
      { severity: SEVERITIES[severity], sloth_id: id },
      ...layers.map(({ labels }) => labels),
    ),
    annotations: Object.assign({ ...texts }, ...layers.map(({ annotations }) => annotations)),
  };
}
