/**
 * Rule groups as YAML, in the form that Prometheus and Loki share: files of groups (`rule-file-yaml.ts`), single groups as they
 * are posted, and the way back.
 */

import * as yaml from 'yaml';
import { formatDuration, parseDuration } from '../model/duration.ts';
import type { RuleYaml } from '../rules/check-file.ts';
import type { GroupDefinition, RuleDefinition } from '../rules/rule-group.ts';
import { VERSION } from '../version.ts';
import { ConfigError } from './config-error.ts';
import { readStringMap } from './node-values.ts';
import { parseRuleFile } from './rule-file-yaml.ts';
import { parseSloFile } from './slo-file-yaml.ts';
import { nestsTooDeeply } from './yaml-nesting.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

const GROUP_KEYS: readonly string[] = ['name', 'interval', 'query_offset', 'limit', 'labels', 'rules'];
const RULE_KEYS: readonly string[] = [
  ...['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'],
];
const EMPTY_GROUP: GroupDefinition = { name: '', intervalMs: 0, limit: 0, labels: {}, rules: [] };

export const RULE_YAML: RuleYaml = {
  parseGroup(text) {
    if (nestsTooDeeply(text)) throw new ConfigError('the group nests too deeply');
    const root = parseYaml(yaml, 'group', text);
    return root ? readGroup(root.known(GROUP_KEYS)) : EMPTY_GROUP;
  },
  parseFile: parseRuleFile,
  parseSloFile: (file, text) => parseSloFile(file, text, { version: `trilite-${VERSION}` }),
  print: (value) => {
    const object = isGroup(value)
      ? groupObject(value)
      : Object.fromEntries(Object.entries(value).map(([name, groups]) => [name, groups.map(groupObject)]));
    return yaml.stringify(object, { lineWidth: 0 });
  },
};

function readGroup(fields: Fields): GroupDefinition {
  const queryOffset = fields.get('query_offset');
  return {
    name: fields.read('name', (v) => v.string(), ''),
    intervalMs: fields.read('interval', readDuration, 0),
    ...(queryOffset && { queryOffsetMs: readDuration(queryOffset) }),
    limit: fields.read('limit', readLimit, 0),
    labels: fields.read('labels', readStringMap, {}),
    rules: fields.read('rules', (v) => v.list().map((rule) => readRule(rule.known(RULE_KEYS))), []),
  };
}

function readRule(fields: Fields): RuleDefinition {
  const string = (key: string) => fields.read(key, (v) => v.string(), '');
  return {
    record: string('record'),
    alert: string('alert'),
    expr: string('expr'),
    forMs: fields.read('for', readDuration, 0),
    keepFiringForMs: fields.read('keep_firing_for', readDuration, 0),
    labels: fields.read('labels', readStringMap, {}),
    annotations: fields.read('annotations', readStringMap, {}),
  };
}

/** Prometheus' form, without spaces around it. */
function readDuration(node: YamlNode): number {
  return node.parsed(parseDuration);
}

/** Negative is as good as none. */
function readLimit(node: YamlNode): number {
  const text = node.string();
  return /^-\d{1,15}$/.test(text) ? Number(text) : node.count();
}

function isGroup(value: Parameters<RuleYaml['print']>[0]): value is GroupDefinition {
  return Array.isArray((value as GroupDefinition).rules) && typeof value.name === 'string';
}

/** Members that say nothing are left out. */
function groupObject({ name, intervalMs, queryOffsetMs, limit, labels, rules }: GroupDefinition): object {
  return {
    name,
    ...(intervalMs !== 0 && { interval: formatDuration(intervalMs) }),
    ...(queryOffsetMs !== undefined && { query_offset: formatDuration(queryOffsetMs) }),
    ...(limit !== 0 && { limit }),
    rules: rules.map(ruleObject),
    ...mapping('labels', labels),
  };
}

function ruleObject(rule: RuleDefinition): object {
  const { record, alert, expr, forMs, keepFiringForMs, labels, annotations } = rule;
  return {
    ...(record === '' ? { alert } : { record }),
    expr,
    ...(forMs !== 0 && { for: formatDuration(forMs) }),
    ...(keepFiringForMs !== 0 && { keep_firing_for: formatDuration(keepFiringForMs) }),
    ...mapping('labels', labels),
    ...mapping('annotations', annotations),
  };
}

function mapping(key: string, value: Readonly<Record<string, string>>): object {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}
