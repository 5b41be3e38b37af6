/**
 * Labels of log streams: those of a JSON push, their text form in messages, the discovery of `service_name`, limits, and
 * the normalisation of structured metadata names.
 */

import { TriliteError } from '../../model/errors.ts';
import { quote } from '../../model/go-string.ts';
import { Labels } from '../../model/labels.ts';
import type { LogLimits } from '../../model/limits.ts';
import { parseStreamLabels } from './label-text.ts';

export const SERVICE_NAME = 'service_name';
export const UNKNOWN_SERVICE = 'unknown_service';

/** Labels that name a service, the best first. */
const SERVICE_LABELS = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'k8s_container_name',
  'component',
  'workload',
  'job',
  'k8s_job_name',
] as const;

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** Labels with `service_name` added where it is missing: from another label, else `unknown_service`. */
export function withServiceName(labels: Labels): Labels {
  if (labels.has(SERVICE_NAME)) return labels;
  for (const name of SERVICE_LABELS) {
    const value = labels.get(name);
    if (value !== '') return labels.with(SERVICE_NAME, value);
  }
  return labels.with(SERVICE_NAME, UNKNOWN_SERVICE);
}

/** `{app="api", env="prod"}`, names ascending. */
export function streamText(labels: Labels): string {
  const parts: string[] = [];
  const p = labels.pairs;
  for (let i = 0; i < p.length; i += 2) {
    const name = p[i]!;
    parts.push(`${isLabelName(name) ? name : quote(name)}=${quote(p[i + 1]!)}`);
  }
  return `{${parts.join(', ')}}`;
}

/** Labels given as an object; what would not do in the label string that they make fails as that would. */
export function streamLabelsOf(pairs: ReadonlyMap<string, string>): Labels {
  for (const [name, value] of pairs) {
    if (isLabelName(name) && !value.includes('\ufffd')) continue;
    const text = [...pairs.keys()].sort().map((n) => `${n}=${quote(pairs.get(n)!)}`);
    return parseStreamLabels(`{${text.join(', ')}}`);
  }
  return Labels.from(pairs);
}

/** Why the stream is refused by the limits, or undefined. */
export function checkStream(labels: Labels, limits: LogLimits): string | undefined {
  const count = labels.size - (labels.has(SERVICE_NAME) ? 1 : 0);
  if (count > limits.labelNamesMax) {
    return `entry for stream '${streamText(labels)}' has ${count} label names; limit ${limits.labelNamesMax}`;
  }
  const p = labels.pairs;
  let last = '';
  for (let i = 0; i < p.length; i += 2) {
    const name = p[i]!;
    const value = p[i + 1]!;
    // A string of n characters has n bytes at least and 3n at most.
    if (3 * name.length > limits.labelNameMaxBytes && Buffer.byteLength(name) > limits.labelNameMaxBytes) {
      return `stream '${streamText(labels)}' has label name too long: '${name}'`;
    }
    if (
      3 * value.length > limits.labelValueMaxBytes &&
      Buffer.byteLength(value) > limits.labelValueMaxBytes
    ) {
      return `stream '${streamText(labels)}' has label value too long: '${value}'`;
    }
    if (name === last) return `stream '${streamText(labels)}' has duplicate label name: '${name}'`;
    last = name;
  }
  return undefined;
}

/**
 * A structured metadata name as it is stored: `_` for each run of anything but ASCII letters and digits, names of
 * the form `__x__` keeping their double underscores, `key_` before a leading digit. Throws `TriliteError`
 * (`internal`, as the original answers 500) for a name of which nothing but underscores is left.
 */
export function normalizeMetadataName(name: string): string {
  if (name === '') throw new TriliteError('internal', 'label name is empty');
  const reserved = name.length >= 4 && name.startsWith('__') && name.endsWith('__');
  const inner = (reserved ? name.slice(2, -2) : name).replace(/[^a-zA-Z0-9]+/g, '_');
  let out = reserved ? `__${inner}__` : inner;
  if (/^[0-9]/.test(out)) out = `key_${out}`;
  if (/^_+$/.test(out)) {
    const from = quote(name);
    throw new TriliteError(
      'internal',
      `normalization for label name ${from} resulted in invalid name ${quote(out)}`,
    );
  }
  return out;
}
