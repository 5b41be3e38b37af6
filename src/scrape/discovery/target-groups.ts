/**
 * A list of target groups as files and HTTP answers have it: `[{targets: [...], labels: {...}}]`, read as strictly as the
 * original reads it, so that a mistyped key is told and not overlooked.
 */

import { TriliteError } from '../../model/errors.ts';
import type { TargetGroup } from '../target.ts';

type Keys = 'exact' | 'any case';

/** Throws `bad_data`, or what the parser throws. */
export function yamlGroups(data: unknown): TargetGroup[] {
  return groupsOf(data, 'exact');
}

/** JSON's keys may be written in any case. Throws `bad_data`, or `SyntaxError`. */
export function jsonGroups(text: string): TargetGroup[] {
  return groupsOf(JSON.parse(text), 'any case');
}

function groupsOf(data: unknown, keys: Keys): TargetGroup[] {
  // Nothing at all is a list without groups.
  if (data === null || data === undefined) return [];
  if (!Array.isArray(data)) throw bad(`expected a list of target groups, got ${kindOf(data)}`);
  return data.map((group, i) => {
    if (group === null) throw bad('nil target group item found');
    return groupOf(group, `group ${i}`, keys);
  });
}

function groupOf(data: unknown, where: string, keys: Keys): TargetGroup {
  if (!isMapping(data)) throw bad(`${where}: expected a mapping, got ${kindOf(data)}`);
  let targets: readonly string[] = [];
  let labels: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(data)) {
    const name = keys === 'any case' ? key.toLowerCase() : key;
    if (name === 'targets') targets = targetsOf(value, where);
    else if (name === 'labels') labels = labelsOf(value, where);
    else throw bad(`${where}: unknown field ${JSON.stringify(key)}, expected targets and labels`);
  }
  return { targets, labels };
}

function targetsOf(data: unknown, where: string): string[] {
  if (data === null) return [];
  if (!Array.isArray(data)) throw bad(`${where}: targets: expected a list of strings, got ${kindOf(data)}`);
  return data.map((target) => textOf(target, `${where}: targets`));
}

function labelsOf(data: unknown, where: string): Record<string, string> {
  if (data === null) return {};
  if (!isMapping(data)) throw bad(`${where}: labels: expected a mapping, got ${kindOf(data)}`);
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(data)) {
    if (name === '' || !name.isWellFormed()) {
      throw bad(`${where}: ${JSON.stringify(name)} is not a valid label name`);
    }
    out[name] = textOf(value, `${where}: label ${JSON.stringify(name)}`);
  }
  return out;
}

function textOf(data: unknown, where: string): string {
  if (data === null) return '';
  if (typeof data === 'string') return data;
  throw bad(`${where}: expected a string, got ${kindOf(data)}`);
}

function isMapping(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function kindOf(data: unknown): string {
  if (Array.isArray(data)) return 'a list';
  return typeof data === 'object' ? 'a mapping' : JSON.stringify(data);
}

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', message);
}
