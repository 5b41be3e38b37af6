/** Names and values that labels of all roles are made by. */

import type { KubeObject, ObjectMeta } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';

export type LabelSet = Record<string, string>;

export const PREFIX = '__meta_kubernetes_';
export const NAMESPACE = `${PREFIX}namespace`;
const PRESENT = 'true';
const NOT_IN_NAMES = /[^a-zA-Z0-9_]/gu;

export function labelName(text: string): string {
  return text.replace(NOT_IN_NAMES, '_');
}

/** Name, labels and annotations of an object, under names that say of what kind it is. */
export function objectLabels({ metadata }: KubeObject, kind: string): LabelSet {
  return { [`${PREFIX}${kind}_name`]: metadata.name ?? '', ...ownLabels(metadata, kind) };
}

/** The same, without the name. */
export function ownLabels({ labels = {}, annotations = {} }: ObjectMeta, kind: string): LabelSet {
  const out: LabelSet = {};
  for (const [what, values] of [
    ['label', labels],
    ['annotation', annotations],
  ] as const) {
    for (const [key, value] of Object.entries(values)) {
      const name = labelName(key);
      out[`${PREFIX}${kind}_${what}_${name}`] = value;
      out[`${PREFIX}${kind}_${what}present_${name}`] = PRESENT;
    }
  }
  return out;
}

/** `HOST:PORT`, as it stands in a URL. */
export function hostPort(host: string, port: number): string {
  return /[:%]/.test(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One target; what is said of it alone stands before what all of its group share. */
export function target(address: string, labels: LabelSet, shared: LabelSet): TargetGroup {
  return { targets: [address], labels: { ...shared, ...labels } };
}

/** Under `key` where there is a value at all, be it empty. */
export function optional(key: string, value: string | boolean | undefined): LabelSet {
  return value === undefined ? {} : { [key]: String(value) };
}
