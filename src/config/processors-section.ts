/** `trilite.processors`: what is set, renamed, hashed, redacted or dropped on the way in. */

import type { Secret } from '../base/http-client.ts';
import { isGlob } from '../ingest/process/attribute-names.ts';
import {
  type ProcessorAction,
  type ProcessorRule,
  REPLACEMENT_MAX_BYTES,
  type RedactReach,
  RULES_MAX,
  SET_VALUE_MAX_BYTES,
  type SetPlace,
} from '../ingest/process/process-config.ts';
import { SPAN_NAME } from '../ingest/process/rule.ts';
import { textPattern } from '../ingest/process/text-patterns.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { compileAnchored } from '../model/regex.ts';
import { parseTenant } from '../model/tenant.ts';
import type { Signal } from '../storage/interface.ts';
import type { Environment } from './environment.ts';
import { SIGNALS } from './settings.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const RULE_KEYS: readonly string[] = ['signals', 'where', 'tenants', 'actions'];
/** By what an action does, the keys that may stand beside it. */
const ACTION_KEYS: Readonly<Record<ProcessorAction['kind'], readonly string[]>> = {
  set: ['value', 'if_missing', 'at'],
  rename: ['to'],
  drop: [],
  keep: [],
  hash: ['key', 'key_file', 'key_env'],
  redact: ['pattern', 'with', 'names'],
  drop_item: [],
};
const KINDS = Object.keys(ACTION_KEYS) as ProcessorAction['kind'][];
const ALL_KEYS = [...KINDS, ...Object.values(ACTION_KEYS).flat()];
const DEFAULT_REPLACEMENT = '****';

interface Parts {
  readonly environment: Environment;
  readonly warnings: Warnings;
}

export function readProcessors(
  node: YamlNode,
  environment: Environment,
  warnings: Warnings,
): readonly ProcessorRule[] {
  const rules = node.list();
  if (rules.length > RULES_MAX) node.fail(`expected at most ${RULES_MAX} rules, got ${rules.length}`);
  return rules.map((rule) => readRule(rule, { environment, warnings }));
}

function readRule(node: YamlNode, parts: Parts): ProcessorRule {
  const fields = node.fields(RULE_KEYS);
  const actions = fields.require('actions');
  const list = actions.list();
  if (list.length === 0) actions.fail('expected one action at least');
  const signals = fields.read('signals', readSignals, SIGNALS);
  const read = list.map((action) => readAction(action, parts));
  const drop = list.find((_, i) => read[i]!.kind === 'drop_item');
  if (drop && read.length > 1) drop.fail('what is dropped as a whole has no use for other actions');
  return {
    signals,
    where: fields.read('where', readWhere, []),
    tenants: fields.read('tenants', readTenants, undefined),
    actions: read,
  };
}

function readSignals(node: YamlNode): readonly Signal[] {
  const signals = node.list().map((item) => item.oneOf<Signal>(SIGNALS));
  return signals.length > 0 ? signals : node.fail('names no signal');
}

function readTenants(node: YamlNode): readonly string[] {
  const tenants = node.list().map((item) => item.parsed(parseTenant));
  return tenants.length > 0 ? tenants : node.fail('names no tenant');
}

function readWhere(node: YamlNode): ProcessorRule['where'] {
  return node.entries().map(([name, value]) => {
    if (!value) return node.fail(`${JSON.stringify(name)} has no expression`);
    if (isGlob(name)) value.fail('conditions are on one name, and * and ? are of none');
    value.parsed(compileAnchored);
    return { name, pattern: value.string() };
  });
}

function readAction(node: YamlNode, parts: Parts): ProcessorAction {
  const fields = node.fields(ALL_KEYS);
  const given = KINDS.filter((kind) => fields.get(kind));
  const [kind] = given;
  if (!kind) node.fail(`expected one of ${KINDS.join(', ')}`);
  if (given.length > 1) node.fail(`${given.join(' and ')} are actions of their own: give each an entry`);
  for (const key of ALL_KEYS) {
    const value = fields.get(key);
    if (value && key !== kind && !ACTION_KEYS[kind!].includes(key)) value.fail(`${kind} has no ${key}`);
  }
  switch (kind!) {
    case 'set':
      return readSet(fields);
    case 'rename':
      return readRename(fields);
    case 'drop':
    case 'keep':
      return { kind: kind!, names: readNames(fields.require(kind!), kind === 'drop') };
    case 'hash':
      return { kind: 'hash', names: readNames(fields.require('hash'), true), key: readKey(fields, parts) };
    case 'redact':
      return readRedact(fields);
    default: {
      const value = fields.require('drop_item');
      if (!value.boolean()) value.fail('expected true: leave the action out otherwise');
      return { kind: 'drop_item' };
    }
  }
}

function readName(node: YamlNode): string {
  const name = node.string();
  if (name === '') node.fail('the name is empty');
  if (isGlob(name)) node.fail('expected one name, without * and ?');
  if (name === SPAN_NAME) node.fail(`${SPAN_NAME} is for conditions: it is no attribute`);
  return name;
}

function readSet(fields: Fields): ProcessorAction {
  const value = fields.require('value');
  const text = value.string();
  if (Buffer.byteLength(text) > SET_VALUE_MAX_BYTES) value.fail(`longer than ${SET_VALUE_MAX_BYTES} bytes`);
  if (text === '') value.fail('the value is empty: drop takes a name away');
  return {
    kind: 'set',
    name: readName(fields.require('set')),
    value: text,
    ifMissing: fields.read('if_missing', (v) => v.boolean(), false),
    place: fields.read('at', (v) => v.oneOf<SetPlace>(['resource', 'item']), 'resource'),
  };
}

function readRename(fields: Fields): ProcessorAction {
  const from = readName(fields.require('rename'));
  if (from === METRIC_NAME) fields.require('rename').fail('a series needs its name; set gives it another');
  return { kind: 'rename', from, to: readName(fields.require('to')) };
}

/** `takesAway`: they are not there any more then, or not as they were. */
function readNames(node: YamlNode, takesAway: boolean): readonly string[] {
  const nodes = node.isList ? node.list() : [node];
  const names = nodes.map((item) => {
    const name = item.string();
    if (name === '') item.fail('the name is empty');
    if (takesAway && name === METRIC_NAME) {
      item.fail('a series needs its name; drop_item drops it as a whole, set gives it another name');
    }
    return name;
  });
  return names.length > 0 ? names : node.fail('names nothing');
}

function readKey(fields: Fields, { environment, warnings }: Parts): Secret | undefined {
  const [inline, file, variable] = ['key', 'key_file', 'key_env'].map((key) => fields.get(key));
  const given = [inline, file, variable].filter((node) => node !== undefined);
  if (given.length > 1) given.at(-1)!.fail('expected one of key, key_file, key_env');
  if (file) return { file: file.filePath() };
  if (!inline && !variable) {
    const what = 'has no key: whoever knows the possible values can tell which of them a hash is of';
    warnings.add(fields.require('hash'), what);
    return undefined;
  }
  const value = inline ? inline.string() : environment[variable!.string()];
  if (value === undefined) variable!.fail('the environment has no such variable');
  if (value === '') given[0]!.fail('the key is empty');
  return { value: value! };
}

function readRedact(fields: Fields): ProcessorAction {
  const reach = fields.require('redact').oneOf<RedactReach>(['text', 'values']);
  const names = fields.get('names');
  if (names && reach === 'text') names.fail('text has no names: redact values, with names');
  const replacement = fields.read('with', (v) => v.string(), DEFAULT_REPLACEMENT);
  if (Buffer.byteLength(replacement) > REPLACEMENT_MAX_BYTES) {
    fields.require('with').fail(`longer than ${REPLACEMENT_MAX_BYTES} bytes`);
  }
  const pattern = fields.require('pattern');
  pattern.parsed((text) => textPattern(text, replacement));
  return {
    kind: 'redact',
    reach,
    names: names && readNames(names, false),
    pattern: pattern.string(),
    replacement,
  };
}
