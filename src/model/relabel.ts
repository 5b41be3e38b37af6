/**
 * Relabelling: a list of rules that rewrites a label set or drops it. Rules are compiled once; a rule looks at
 * the values of its source labels, joined by the separator, and matches its anchored RE2 expression against them.
 * Labels with a `__` prefix are ordinary here; whoever calls decides which of them leave the result.
 */

import { createHash } from 'node:crypto';
import { unreachable } from '../base/assert.ts';
import { TriliteError } from './errors.ts';
import type { Labels } from './labels.ts';
import { type CompiledRegex, compileAnchored, compileCapture, compileExpand } from './regex.ts';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: RelabelAction;
}

export const DEFAULT_RELABEL_CONFIG: RelabelConfig = {
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  targetLabel: '',
  replacement: '$1',
  action: 'replace',
};

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A target label of `replace` with references in it. */
const TARGET_TEMPLATE = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/;
/** Settings that the actions on names alone must leave at their defaults. */
const NAME_ONLY: ReadonlySet<RelabelAction> = new Set(['labeldrop', 'labelkeep']);

export class RelabelRule {
  readonly config: RelabelConfig;
  readonly #test: CompiledRegex;
  /** The groups of a match. */
  readonly #groups: (value: string) => readonly string[] | undefined;
  readonly #target: (groups: readonly string[]) => string;
  readonly #replacement: (groups: readonly string[]) => string;

  /** Throws `bad_data` where the rule contradicts itself or its expression is not RE2. */
  constructor(config: RelabelConfig) {
    checkRule(config);
    this.config = config;
    this.#test = compileAnchored(config.regex);
    const capture = compileCapture(config.regex, 'whole');
    const plain = !config.targetLabel.includes('$') && !config.replacement.includes('$');
    // Fast path: what needs no groups, and the default expression, which needs no engine.
    if (plain) this.#groups = (value) => (this.#test.test(value) ? [] : undefined);
    else this.#groups = config.regex === '(.*)' ? (value) => [value, value] : capture.exec;
    this.#target = compileExpand(config.targetLabel, capture.groupNames);
    this.#replacement = compileExpand(config.replacement, capture.groupNames);
  }

  matches(value: string): boolean {
    return this.#test.test(value);
  }

  /** Target label and replacement with their references replaced, or undefined where `value` does not match. */
  expand(value: string): { readonly target: string; readonly replacement: string } | undefined {
    const groups = this.#groups(value);
    return groups && { target: this.#target(groups), replacement: this.#replacement(groups) };
  }
}

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);
/** These write or compare the value as it is. */
const KEEPS_VALUE: ReadonlySet<RelabelAction> = new Set(['lowercase', 'uppercase', 'keepequal', 'dropequal']);

function checkRule(c: RelabelConfig): void {
  const fail = (message: string): never => {
    throw new TriliteError('bad_data', message);
  };
  const { action, targetLabel } = c;
  const d = DEFAULT_RELABEL_CONFIG;
  if (action === 'hashmod' && c.modulus === 0) {
    fail('relabel configuration for hashmod requires non-zero modulus');
  }
  if (NEEDS_TARGET.has(action) && targetLabel === '') {
    fail(`relabel configuration for ${action} action requires 'target_label' value`);
  }
  if (KEEPS_VALUE.has(action) && c.replacement !== d.replacement) {
    fail(`'replacement' can not be set for ${action} action`);
  }
  if (action === 'labelmap' && c.replacement === '') fail(`"" is invalid 'replacement' for labelmap action`);
  if (action === 'keepequal' || action === 'dropequal') {
    if (c.regex !== d.regex || c.modulus !== 0 || c.separator !== d.separator) {
      fail(`${action} action requires only 'source_labels' and \`target_label\`, and no other fields`);
    }
  }
  if (NAME_ONLY.has(action)) {
    const others =
      c.sourceLabels.length > 0 || targetLabel !== '' || c.modulus !== 0 || c.separator !== d.separator;
    if (others || c.replacement !== d.replacement)
      fail(`${action} action requires only 'regex', and no other fields`);
  }
}

/** Whether a name may stand as a target: any non-empty text, or the classic alphabet alone. */
export type NameValidation = 'utf8' | 'legacy';

function validTarget(name: string, validation: NameValidation): boolean {
  return validation === 'utf8' ? name !== '' : LEGACY_LABEL.test(name);
}

export function compileRelabel(configs: readonly RelabelConfig[]): RelabelRule[] {
  return configs.map((c) => new RelabelRule(c));
}

/** Whether a text may be a `target_label` in a configuration. */
export function isTargetTemplate(text: string, validation: NameValidation = 'utf8'): boolean {
  if (validation === 'utf8') return text !== '';
  return LEGACY_LABEL.test(text) || TARGET_TEMPLATE.test(text);
}

/** Applies the rules in order; undefined where one of them drops the set. */
export function relabel(
  labels: Labels,
  rules: readonly RelabelRule[],
  validation: NameValidation = 'utf8',
): Labels | undefined {
  let current: Labels | undefined = labels;
  for (const rule of rules) {
    current = applyRule(current, rule, validation);
    if (current === undefined) return undefined;
  }
  return current;
}

function sourceValue(labels: Labels, c: RelabelConfig): string {
  const names = c.sourceLabels;
  if (names.length === 1) return labels.get(names[0]!);
  return names.map((n) => labels.get(n)).join(c.separator);
}

function applyRule(labels: Labels, rule: RelabelRule, validation: NameValidation): Labels | undefined {
  const c = rule.config;
  switch (c.action) {
    case 'keep':
      return rule.matches(sourceValue(labels, c)) ? labels : undefined;
    case 'drop':
      return rule.matches(sourceValue(labels, c)) ? undefined : labels;
    case 'keepequal':
      return sourceValue(labels, c) === labels.get(c.targetLabel) ? labels : undefined;
    case 'dropequal':
      return sourceValue(labels, c) === labels.get(c.targetLabel) ? undefined : labels;
    case 'replace':
      return replace(labels, rule, validation);
    case 'lowercase':
      return labels.with(
        c.targetLabel,
        mapCase(sourceValue(labels, c), (t) => t.toLowerCase()),
      );
    case 'uppercase':
      return labels.with(
        c.targetLabel,
        mapCase(sourceValue(labels, c), (t) => t.toUpperCase()),
      );
    case 'hashmod':
      return labels.with(c.targetLabel, hashMod(sourceValue(labels, c), c.modulus));
    case 'labelmap':
      return labelMap(labels, rule);
    case 'labeldrop':
      return labels.filter((name) => !rule.matches(name));
    case 'labelkeep':
      return labels.filter((name) => rule.matches(name));
    default:
      return unreachable(c.action, 'relabel action');
  }
}

function replace(labels: Labels, rule: RelabelRule, validation: NameValidation): Labels {
  const c = rule.config;
  const expanded = rule.expand(sourceValue(labels, c));
  if (expanded === undefined) return labels;
  const { target, replacement } = expanded;
  return validTarget(target, validation) ? labels.with(target, replacement) : labels;
}

function labelMap(labels: Labels, rule: RelabelRule): Labels {
  let out = labels;
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) {
    const name = rule.expand(p[i]!)?.replacement;
    if (name) out = out.with(name, p[i + 1]!);
  }
  return out;
}

/** Case by single characters: those whose other case is several characters stay as they are. */
function mapCase(text: string, convert: (text: string) => string): string {
  let out = '';
  for (const ch of text) {
    const other = convert(ch);
    out += other.length === ch.length ? other : ch;
  }
  return out;
}

/** The last 8 bytes of the MD5, big-endian, modulo `modulus`. */
function hashMod(value: string, modulus: number): string {
  const digest = createHash('md5').update(value, 'utf8').digest();
  return String(digest.readBigUInt64BE(8) % BigInt(modulus));
}
