/** What a MetricFamily message says of all its metrics, checked. */

import { utf8Decode } from '../../base/bytes.ts';
import type { FamilyMetadata } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { MetricType } from '../../model/metadata.ts';
import { quoteBytes, strictText } from './exposition-lines.ts';

export interface WireFamily extends FamilyMetadata {
  /** The field of Metric that holds its value. */
  readonly field: number;
}

interface FamilyType {
  readonly type: MetricType;
  readonly field: number;
}

const TYPES: readonly FamilyType[] = [
  { type: 'counter', field: 3 },
  { type: 'gauge', field: 2 },
  { type: 'summary', field: 4 },
  { type: 'unknown', field: 5 },
  { type: 'histogram', field: 7 },
  { type: 'gaugehistogram', field: 7 },
];

/** Before the first family. */
export const NO_FAMILY: WireFamily = { ...TYPES[0]!, family: '', help: '', unit: '' };

/** `number` is the type's on the wire. Throws `bad_data`. */
export function describeFamily(name: Uint8Array, help: Uint8Array, unit: string, number: number): WireFamily {
  const family = strictText(name);
  if (family === undefined || family === '') {
    throw new TriliteError('bad_data', `invalid metric name: ${utf8Decode(name)}`);
  }
  const helpText = strictText(help);
  if (helpText === undefined) {
    throw new TriliteError('bad_data', `invalid help for metric ${quoteBytes(name)}: ${utf8Decode(help)}`);
  }
  const type = TYPES[number];
  if (type === undefined) {
    throw new TriliteError('bad_data', `unknown metric type for metric ${quoteBytes(name)}: ${number}`);
  }
  checkUnit(family, type.type, unit);
  return { ...type, family, help: helpText, unit };
}

/** A unit ends the family's name, before the `_total` of a counter. */
function checkUnit(family: string, type: MetricType, unit: string): void {
  if (unit === '') return;
  const counter = type === 'counter' && family.endsWith('_total');
  const base = counter ? family.slice(0, -'_total'.length) : family;
  if (base.endsWith(`_${unit}`)) return;
  const what = `unit ${JSON.stringify(unit)} not a suffix of ${counter ? 'counter' : 'metric'} ${JSON.stringify(family)}`;
  throw new TriliteError('bad_data', what);
}
