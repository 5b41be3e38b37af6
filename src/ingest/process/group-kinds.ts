/** The kinds of attributes that there are, and what of them rules leave alone unless they name it. */

import type { AnyValue } from '../../model/attributes.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import { DETECTED_LEVEL } from '../decode/detected-level.ts';
import { SERVICE_NAME } from '../decode/stream-labels.ts';
import type { GroupKind } from './attribute-group.ts';
import { labelSpelling } from './attribute-names.ts';

/** Without these a series is no part of what it was: redaction that hit a bucket's bound would spoil the histogram. */
const SERIES_STRUCTURE: ReadonlySet<string> = new Set([METRIC_NAME, 'le', 'quantile']);
const IDS: ReadonlySet<string> = new Set(['trace_id', 'span_id', 'traceID', 'spanID']);
const ENTRY_STRUCTURE: ReadonlySet<string> = new Set([DETECTED_LEVEL, ...IDS]);
const HEX_ID = /^(?:[0-9a-fA-F]{16}){1,2}$/;

const never = () => false;

/** Digits of an id may look like a number that is to be redacted. */
function isId(name: string, value: AnyValue): boolean {
  return IDS.has(name) && value.type === 'string' && HEX_ID.test(value.value);
}

export const SERIES_LABELS: GroupKind = {
  structural: SERIES_STRUCTURE,
  isUntouched: (name) => SERIES_STRUCTURE.has(name),
  spell: labelSpelling,
};

export const EXEMPLAR_LABELS: GroupKind = { structural: IDS, isUntouched: isId, spell: labelSpelling };

export const STREAM_LABELS: GroupKind = {
  structural: new Set([SERVICE_NAME]),
  isUntouched: never,
  spell: labelSpelling,
};

export const ENTRY_METADATA: GroupKind = {
  structural: ENTRY_STRUCTURE,
  isUntouched: isId,
  spell: labelSpelling,
};

/** Stored as they were sent, so that a name is too. */
export const RESOURCE_ATTRIBUTES: GroupKind = {
  structural: new Set(['service.name']),
  isUntouched: never,
  spell: (name) => name,
};

export const SPAN_ATTRIBUTES: GroupKind = {
  structural: new Set(),
  isUntouched: never,
  spell: (name) => name,
};
