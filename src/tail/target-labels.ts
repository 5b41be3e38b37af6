/**
 * From what discovery says to what is followed: the labels of a target are relabelled, `__path__`, `__path_exclude__` and
 * `__host__` are taken out of them, and every other label with two underscores goes.
 */

import { Labels } from '../model/labels.ts';
import { type RelabelRule, relabel } from '../model/relabel.ts';
import type { TargetGroup } from '../scrape/target.ts';

const PATH = '__path__';
const PATH_EXCLUDE = '__path_exclude__';
const HOST = '__host__';
const ADDRESS = '__address__';

export interface FileTarget {
  readonly pattern: string;
  readonly exclude: string;
  readonly labels: Labels;
}

/** The labels of each target before relabelling; a group without addresses is one target, of this machine. */
export function discoveredLabels(group: TargetGroup): Labels[] {
  const addresses = group.targets.length > 0 ? group.targets : ['localhost'];
  return addresses.map((address) => Labels.from({ ...group.labels, [ADDRESS]: address }));
}

/** Without the labels that were for the way only. */
export function visibleLabels(labels: Labels): Labels {
  return labels.filter((name) => !name.startsWith('__'));
}

/** Undefined where relabelling drops it, where it is another machine's, and where it has no path. */
export function fileTarget(
  discovered: Labels,
  rules: readonly RelabelRule[],
  hostname: string,
): FileTarget | undefined {
  const labels = relabel(discovered, rules);
  if (!labels) return undefined;
  const host = labels.get(HOST);
  if (host !== '' && host !== hostname) return undefined;
  const pattern = labels.get(PATH);
  if (pattern === '') return undefined;
  return { pattern, exclude: labels.get(PATH_EXCLUDE), labels: visibleLabels(labels) };
}

export function labelMap(labels: Labels): Map<string, string> {
  const out = new Map<string, string>();
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) out.set(p[i]!, p[i + 1]!);
  return out;
}
