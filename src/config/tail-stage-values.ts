/** Single values of pipeline stages: patterns, names, durations and sizes in Go's forms. */

import { parseGoDuration } from '../model/duration.ts';
import { compileCapture } from '../model/regex.ts';
import { parseSizeBytes } from './values.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** The node, whose text must not be empty. */
export function nonEmpty(node: YamlNode): YamlNode {
  return node.string() === '' ? node.fail('must not be empty') : node;
}

export function requiredText(fields: Fields, key: string): string {
  return nonEmpty(fields.require(key)).string();
}

/** `source`, which is there or not, but not empty. */
export function optionalSource(fields: Fields): string | undefined {
  return fields.read('source', (v) => nonEmpty(v).string(), undefined);
}

/** A pattern that compiles. */
export function checkedRegex(node: YamlNode): string {
  return node.parsed((text) => {
    compileCapture(text, 'search');
    return text;
  });
}

/** Go's form (`1.5h`, `300ms`) in milliseconds. */
export function goDurationMs(node: YamlNode): number {
  return node.parsed(parseGoDuration) / 1e6;
}

/** Bytes; a unit's B may be missing (`8k`). */
export function sizeOf(node: YamlNode): number {
  return node.parsed((text) => parseSizeBytes(/[kmgtp]\s*$/i.test(text) ? `${text.trimEnd()}B` : text));
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `at` is where the name stands. */
export function labelName(name: string, at: YamlNode): string {
  return LABEL_NAME.test(name) ? name : at.fail(`invalid label name ${JSON.stringify(name)}`);
}
