/** Values that every form of an objective has: names, the objective in percent, windows. */

import { DAY_MS } from '../model/duration.ts';
import { SLO_WINDOWS } from '../slo/burn-windows.ts';
import type { Slo } from '../slo/slo.ts';
import type { YamlNode } from './yaml-node.ts';

/** An objective, and where what belongs to it stands. */
export interface ReadSlo {
  readonly slo: Slo;
  readonly node: YamlNode;
  /** Of its queries. */
  readonly indicator: YamlNode;
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** A name that may be part of an id. */
export function readSloName(node: YamlNode): string {
  const name = node.string();
  if (NAME.test(name)) return name;
  return node.fail(
    `${JSON.stringify(name)} must start and end with a letter or digit, and have only those, ".", "_" and "-"`,
  );
}

/** In percent. */
export function readObjective(node: YamlNode): number {
  const percent = node.number();
  if (percent > 0 && percent <= 100) return percent;
  return node.fail(`must be above 0 and at most 100 percent, not ${percent}`);
}

/** A window that there are alerts for. */
export function readSloWindow(node: YamlNode): number {
  const ms = node.durationMs();
  return SLO_WINDOWS.has(ms) ? ms : node.fail(`expected one of ${windowNames()}, got ${node.string()}`);
}

export function windowNames(): string {
  return [...SLO_WINDOWS.keys()].map((ms) => `${ms / DAY_MS}d`).join(', ');
}
