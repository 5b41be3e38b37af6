/** A policy of tail sampling, as the collector's processor has it: `name`, `type`, and what its type needs under the type's name. */

import {
  DEFAULT_BURST_SECONDS,
  DEFAULT_REGEX_CACHE_SIZE,
  type PolicyConfig,
  type PolicyRule,
  type PolicyType,
} from '../ingest/sampling/sampling-config.ts';
import { checkedRegex, requiredText } from './tail-stage-values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Status codes by their words. */
const STATUS_CODES: readonly string[] = ['UNSET', 'OK', 'ERROR'];

/** What may stand by itself within others. */
const SIMPLE: readonly PolicyType[] = [
  'always_sample',
  'latency',
  'numeric_attribute',
  'probabilistic',
  'status_code',
  'string_attribute',
  'rate_limiting',
  'bytes_limiting',
  'span_count',
  'trace_state',
  'trace_flags',
  'boolean_attribute',
];
const ANY: readonly PolicyType[] = [...SIMPLE, 'and', 'not', 'drop', 'composite'];
const IN_AND: readonly PolicyType[] = [...SIMPLE, 'not'];
const IN_COMPOSITE: readonly PolicyType[] = [...SIMPLE, 'and'];
/** Known to the collector, and not here. */
const UNSUPPORTED = 'ottl_condition';
const INT64_MAX = 2n ** 63n - 1n;

/** The policies of a list, whose names differ. */
export function readPolicies(node: YamlNode, allowed: readonly PolicyType[] = ANY): PolicyConfig[] {
  const items = node.list();
  const policies = items.map((item) => readPolicy(item, allowed));
  policies.forEach(({ name }, i) => {
    if (policies.findIndex((p) => p.name === name) < i)
      items[i]!.fail(`another policy has the name ${JSON.stringify(name)}`);
  });
  return policies;
}

function readPolicy(node: YamlNode, allowed: readonly PolicyType[]): PolicyConfig {
  const fields = node.fields(['name', 'type', ...ANY, UNSUPPORTED]);
  const typeNode = fields.require('type');
  if (typeNode.string() === UNSUPPORTED)
    typeNode.fail(
      'ottl_condition is not supported: OTTL is not evaluated here; see whether attributes, status or latency say the same',
    );
  const type = typeNode.oneOf<PolicyType>(allowed);
  for (const other of [...ANY, UNSUPPORTED]) {
    if (other !== type) fields.get(other)?.fail(`has no meaning in a policy of type ${type}`);
  }
  return { name: requiredText(fields, 'name'), rule: readRule(type, fields) };
}

function readRule(type: PolicyType, fields: Fields): PolicyRule {
  const own = (keys: readonly string[]) => fields.require(type).fields(keys);
  switch (type) {
    case 'always_sample':
    case 'trace_flags':
      fields.read(type, (v) => v.fields([]), undefined);
      return { type };
    case 'latency': {
      const f = own(['threshold_ms', 'upper_threshold_ms']);
      return {
        type,
        thresholdMs: count(f, 'threshold_ms'),
        upperThresholdMs: count(f, 'upper_threshold_ms'),
      };
    }
    case 'probabilistic': {
      const f = own(['hash_salt', 'sampling_percentage']);
      const percentage = f.read('sampling_percentage', (v) => v.number(), 0);
      return { type, percentage, salt: f.read('hash_salt', (v) => v.string(), '') };
    }
    case 'status_code':
      return { type, codes: readStatusCodes(own(['status_codes'])) };
    case 'span_count': {
      const f = own(['min_spans', 'max_spans']);
      return { type, min: count(f, 'min_spans'), max: count(f, 'max_spans') };
    }
    case 'trace_state': {
      const f = own(['key', 'values']);
      return { type, key: text(f, 'key'), values: f.read('values', (v) => v.strings(), []) };
    }
    case 'rate_limiting':
      return readRate(type, own(['spans_per_second', 'burst_capacity']), 'spans_per_second');
    case 'bytes_limiting':
      return readRate(type, own(['bytes_per_second', 'burst_capacity']), 'bytes_per_second');
    case 'numeric_attribute':
    case 'boolean_attribute':
    case 'string_attribute':
      return readAttributeRule(type, fields.require(type));
    default:
      return readCombined(type, fields.require(type));
  }
}

function readAttributeRule(
  type: 'numeric_attribute' | 'boolean_attribute' | 'string_attribute',
  node: YamlNode,
): PolicyRule {
  const keys = {
    numeric_attribute: ['min_value', 'max_value'],
    boolean_attribute: ['value'],
    string_attribute: ['values', 'enabled_regex_matching', 'cache_max_size'],
  };
  const f = node.fields(['key', 'invert_match', ...keys[type]]);
  const key = text(f, 'key');
  const invert = f.read('invert_match', (v) => v.boolean(), false);
  if (type === 'boolean_attribute')
    return { type, key, invert, value: f.read('value', (v) => v.boolean(), false) };
  if (type === 'string_attribute') {
    const isRegex = f.read('enabled_regex_matching', (v) => v.boolean(), false);
    const values = f.read('values', (v) => v.list(), []).map((v) => (isRegex ? checkedRegex(v) : v.string()));
    const cacheSize = count(f, 'cache_max_size') || DEFAULT_REGEX_CACHE_SIZE;
    return { type, key, invert, values, isRegex, cacheSize };
  }
  // As for the collector, 0 is no bound.
  const [min, max] = ['min_value', 'max_value'].map((bound) => f.read(bound, int64, 0n) || undefined);
  if (min === undefined && max === undefined)
    node.fail('needs min_value or max_value; 0 is no bound, as it is none to the collector');
  return { type, key, invert, min, max };
}

function readCombined(type: 'and' | 'drop' | 'not' | 'composite', node: YamlNode): PolicyRule {
  switch (type) {
    case 'and':
    case 'drop': {
      const key = `${type}_sub_policy`;
      const list = node.fields([key]).require(key);
      const policies = readPolicies(list, IN_AND);
      if (policies.length === 0) list.fail('is empty: it would fit every trace');
      return { type, policies };
    }
    case 'not': {
      const inner = node.fields(['not_sub_policy']).require('not_sub_policy');
      return { type, policy: readPolicy(inner, SIMPLE) };
    }
    case 'composite':
      return readComposite(node);
  }
}

/** Parts are asked in the order of the list; the collector does not look at `policy_order` either. */
function readComposite(node: YamlNode): PolicyRule {
  const f = node.fields([
    'max_total_spans_per_second',
    'policy_order',
    'composite_sub_policy',
    'rate_allocation',
  ]);
  const spansPerSecond = f.read('max_total_spans_per_second', underscored, 0);
  const policies = readPolicies(f.require('composite_sub_policy'), IN_COMPOSITE);
  const known = policies.map((p) => p.name);
  const nameOf = (v: YamlNode) =>
    known.includes(v.string()) ? v.string() : v.fail(`names no policy of composite_sub_policy`);
  f.read('policy_order', (v) => v.list(), []).forEach(nameOf);
  const shares = new Map<string, number>();
  for (const item of f.read('rate_allocation', (v) => v.list(), [])) {
    const share = item.fields(['policy', 'percent']);
    shares.set(nameOf(share.require('policy')), count(share, 'percent'));
  }
  const shareOf = (name: string) => {
    const percent = shares.get(name) ?? 0;
    return Math.trunc(percent > 0 ? (percent / 100) * spansPerSecond : spansPerSecond / known.length);
  };
  return {
    type: 'composite',
    spansPerSecond,
    policies: policies.map((policy) => ({ policy, spansPerSecond: shareOf(policy.name) })),
  };
}

function readRate(type: 'rate_limiting' | 'bytes_limiting', f: Fields, rate: string): PolicyRule {
  const perSecond = f.read(rate, underscored, 0);
  return { type, perSecond, burst: count(f, 'burst_capacity') || perSecond * DEFAULT_BURST_SECONDS };
}

function readStatusCodes(f: Fields): number[] {
  const node = f.require('status_codes');
  const codes = node.list().map((v) => STATUS_CODES.indexOf(v.oneOf(STATUS_CODES)));
  return codes.length > 0 ? codes : node.fail('needs one status code at least');
}

function text(f: Fields, key: string): string {
  return f.read(key, (v) => v.string(), '');
}

function count(f: Fields, key: string): number {
  return f.read(key, underscored, 0);
}

/** A whole number, not negative, perhaps with underscores, which the collector's YAML takes. */
export function underscored(node: YamlNode): number {
  return node.parsed((value) => {
    const digits = value.replaceAll('_', '');
    if (/^\d{1,15}$/.test(digits)) return Number(digits);
    throw new Error(`expected a whole number, not negative, got ${JSON.stringify(value)}`);
  });
}

function int64(node: YamlNode): bigint {
  return node.parsed((value) => {
    const digits = value.replaceAll('_', '');
    const number = /^[-+]?\d{1,19}$/.test(digits) ? BigInt(digits.replace('+', '')) : undefined;
    if (number !== undefined && number <= INT64_MAX && number >= -INT64_MAX - 1n) return number;
    throw new Error(`expected a whole number of 64 bits, got ${JSON.stringify(value)}`);
  });
}
