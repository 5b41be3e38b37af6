/** The messages of a span batch as rules see them: where attributes are, what is free text, and what lies within. */

import { WIRE } from '../../base/protobuf.ts';
import { OTLP_MESSAGES } from '../../model/otlp-schema.ts';

export type SpanMessageName =
  | 'Resource'
  | 'EntityRef'
  | 'InstrumentationScope'
  | 'Span'
  | 'Event'
  | 'Link'
  | 'Status';

/** What a length-delimited field is. `foreign` ones are none of OTLP's: nobody knows what is in them. */
export type FieldRole = 'attribute' | 'text' | 'message' | 'plain' | 'foreign';

interface SpanMessage {
  /** By field number. */
  readonly roles: readonly FieldRole[];
  readonly nested: readonly (SpanMessageName | undefined)[];
  readonly attributeField: number;
}

const NAMES: readonly SpanMessageName[] = [
  'Resource',
  'EntityRef',
  'InstrumentationScope',
  'Span',
  'Event',
  'Link',
  'Status',
];

function build(name: SpanMessageName): SpanMessage {
  const { fields, byNumber } = OTLP_MESSAGES.get(name)!;
  const roles: FieldRole[] = new Array(byNumber.length).fill('foreign');
  const nested: (SpanMessageName | undefined)[] = new Array(byNumber.length).fill(undefined);
  let attributeField = 0;
  for (const { number, kind, message } of fields) {
    const within = NAMES.find((n) => n === message?.name);
    nested[number] = within;
    if (message?.name === 'KeyValue') {
      attributeField = number;
      roles[number] = 'attribute';
    } else if (within) roles[number] = 'message';
    else roles[number] = kind === 'string' ? 'text' : 'plain';
  }
  return { roles, nested, attributeField };
}

const MESSAGES = new Map(NAMES.map((name) => [name, build(name)]));

export function spanMessage(name: SpanMessageName): SpanMessage {
  return MESSAGES.get(name)!;
}

/** The role of a field, `foreign` where the table has none of that number and wire type. */
export function roleOf({ roles }: SpanMessage, field: number, wire: number): FieldRole {
  const role = roles[field] ?? 'foreign';
  return wire === WIRE.length || role === 'plain' || role === 'foreign' ? role : 'foreign';
}

/** Tags of KeyValue. */
export const KEY_VALUE = { key: 10, value: 18 } as const;
