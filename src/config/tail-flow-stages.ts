/** The stages that decide whether, when and as what a line goes on: `drop`, `sampling`, `limit`, `multiline`. */

import { STAGE_DEFAULTS, type StageConfig } from '../tail/pipeline/stage-config.ts';
import { checkedRegex, goDurationMs, nonEmpty, sizeOf } from './tail-stage-values.ts';
import type { YamlNode } from './yaml-node.ts';

export function readDrop(node: YamlNode): StageConfig {
  const fields = node.fields([
    ...['source', 'separator', 'value', 'expression', 'older_than', 'longer_than', 'drop_counter_reason'],
  ]);
  const has = (key: string) => fields.get(key) !== undefined;
  if (!has('source') && !has('expression') && !has('older_than') && !has('longer_than')) {
    node.fail('at least one of source, expression, older_than and longer_than is required');
  }
  if (has('value') && !has('source')) fields.require('value').fail('needs a source');
  if (has('value') && has('expression')) node.fail('value and expression exclude each other');
  return {
    kind: 'drop',
    sources: fields.read('source', readSources, []),
    separator: fields.read('separator', (v) => v.string(), STAGE_DEFAULTS.drop.separator),
    value: fields.read('value', (v) => v.string(), undefined),
    expression: fields.read('expression', checkedRegex, undefined),
    olderThanMs: fields.read('older_than', goDurationMs, undefined),
    longerThanBytes: fields.read('longer_than', sizeOf, undefined),
    dropReason: fields.read('drop_counter_reason', (v) => v.string(), '') || STAGE_DEFAULTS.drop.reason,
  };
}

/** One name or several. */
function readSources(node: YamlNode): string[] {
  const sources = node.isList ? node.strings() : [node.string()];
  return sources.length > 0 ? sources : node.fail('at least one is required');
}

export function readSampling(node: YamlNode): StageConfig {
  const fields = node.fields(['rate', 'drop_counter_reason']);
  const rate = fields.read('rate', (v) => (v.number() > 1 ? v.fail('expected 0 to 1') : v.number()), 0);
  const dropReason =
    fields.read('drop_counter_reason', (v) => v.string(), '') || STAGE_DEFAULTS.sampling.reason;
  return { kind: 'sampling', rate, dropReason };
}

export function readLimit(node: YamlNode): StageConfig {
  const fields = node.fields(['rate', 'burst', 'drop', 'by_label_name', 'max_distinct_labels']);
  const rate = fields.require('rate');
  const burst = fields.require('burst');
  if (rate.number() <= 0) rate.fail('must be greater than 0');
  if (burst.count() <= 0) burst.fail('must be greater than 0');
  const drop = fields.read('drop', (v) => v.boolean(), false);
  const byLabelName = fields.read('by_label_name', (v) => v.string(), '') || undefined;
  if (byLabelName !== undefined && !drop) fields.require('by_label_name').fail('needs drop: true');
  const least = STAGE_DEFAULTS.limit.maxDistinctLabels;
  const maxDistinctLabels = Math.max(
    least,
    fields.read('max_distinct_labels', (v) => v.count(), least),
  );
  return { kind: 'limit', rate: rate.number(), burst: burst.count(), drop, byLabelName, maxDistinctLabels };
}

export function readMultiline(node: YamlNode): StageConfig {
  const fields = node.fields(['firstline', 'max_wait_time', 'max_lines']);
  const { maxWaitMs, maxLines } = STAGE_DEFAULTS.multiline;
  return {
    kind: 'multiline',
    firstLine: checkedRegex(nonEmpty(fields.require('firstline'))),
    maxWaitMs: fields.read('max_wait_time', goDurationMs, maxWaitMs),
    maxLines: fields.read('max_lines', (v) => v.count(), maxLines),
  };
}
