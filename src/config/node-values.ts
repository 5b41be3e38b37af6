/** Kinds of values that several sections have. Errors say where the value stands. */

import type { YamlNode } from './yaml-node.ts';

export function positiveDuration(node: YamlNode): number {
  const ms = node.durationMs();
  return ms > 0 ? ms : node.fail('must be greater than 0');
}

export function readStringMap(node: YamlNode): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of node.entries()) out[name] = value ? value.string() : '';
  return out;
}
