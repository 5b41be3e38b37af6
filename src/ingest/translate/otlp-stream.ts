/**
 * What of an OTLP resource names the log stream, as Loki has it: the attributes that say which service, where it runs
 * and in which workload become labels; all others become structured metadata of every record.
 */

import type { AnyValue } from '../../model/attributes.ts';
import { Labels } from '../../model/labels.ts';
import { anyValueText } from '../decode/otlp-any-value.ts';
import { normalizeMetadataName } from '../decode/stream-labels.ts';

/** Resource attributes that become stream labels. */
const STREAM_ATTRIBUTES: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
]);

export type Attribute = readonly [key: string, value: AnyValue];

/** Calls `each` for an attribute, or for every leaf of a map, whose keys are joined by `_`. */
export function flattenAttribute(
  key: string,
  value: AnyValue,
  each: (name: string, text: string) => void,
): void {
  if (value.type !== 'kvlist') each(key, anyValueText(value));
  else for (const [inner, v] of value.entries) flattenAttribute(`${key}_${inner}`, v, each);
}

/** Splits a resource's attributes; `metadata` names are not normalised yet. */
export function resourceStream(attributes: readonly Attribute[]): {
  readonly labels: Labels;
  readonly metadata: readonly (readonly [name: string, text: string])[];
} {
  const labels = new Map<string, string>();
  const metadata: [string, string][] = [];
  for (const [key, value] of attributes) {
    if (STREAM_ATTRIBUTES.has(key)) {
      flattenAttribute(key, value, (name, text) => labels.set(normalizeMetadataName(name), text));
    } else flattenAttribute(key, value, (name, text) => metadata.push([name, text]));
  }
  return { labels: Labels.from(labels), metadata };
}
