/** Logs and spans at random, of few words and ids, so that they meet; ids are written in every way that there is. */

import fc from 'fast-check';
import type { MadeSpan } from '../../support/otlp-spans.ts';

/** All data is of the ten minutes before. */
export const END = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
export const START = END - 600_000;

export const TRACE_IDS = [
  '4bf92f3577b34da6a3ce929d0e0e4736',
  'abcdefabcdef01234567890123456789',
  '0af7651916cd43dd8448eb211c80319c',
  '0000000000000000a3ce929d0e0e4736',
  '00000000000000000a7e929d0e0e4731',
  '00000000000000001234567890123456',
  '5b8efff798038103d269b633813fc60c',
];
/** Under which nothing is stored. */
const STRANGE_IDS = ['ffffffffffffffffffffffffffffffff', '0123456789abcdef0123456789abcdef'];

const uuid = (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const short = (id: string) => id.replace(/^0+/, '');
const mixed = (id: string) => id.slice(0, 9).toUpperCase() + id.slice(9);
const notation = fc.constantFrom<(id: string) => string>(
  (id) => id,
  (id) => id,
  (id) => id.toUpperCase(),
  short,
  (id) => id.slice(16),
  mixed,
  uuid,
);

const FORMS: readonly ((id: string) => string)[] = [
  (id) => `level=error trace_id=${id} msg="it broke"`,
  (id) => `{"level":"info","traceId":"${id}","span_id":"00f067aa0ba902b7"}`,
  (id) => `plain ${id} text`,
  (id) => `{"span_id":"${id}"}`,
  (id) => `traceparent: 00-${id}-00f067aa0ba902b7-01`,
  (id) => `traceID: ${id}, and more`,
  (id) => `digest ${id}ff`,
  (id) => `request_id=${id}`,
];

const id = fc.constantFrom(...TRACE_IDS, ...TRACE_IDS, ...STRANGE_IDS);

export interface MadeLine {
  readonly stream: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

const written = fc.tuple(id, notation).map(([of, write]) => write(of));

const line: fc.Arbitrary<MadeLine> = fc.record({
  stream: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('a', 'b', 'c').map((app) => ({ app })) },
    { weight: 1, arbitrary: written.map((trace_id) => ({ app: 'a', trace_id })) },
  ),
  atMs: fc.integer({ min: START - 60_000, max: END + 60_000 }),
  line: fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...FORMS), written).map(([form, of]) => form(of)) },
    { weight: 2, arbitrary: fc.constantFrom('nothing here', 'level=error msg="panic"', '') },
  ),
  metadata: fc.oneof(
    { weight: 5, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: written.map((trace_id) => ({ trace_id })) },
    { weight: 1, arbitrary: written.map((span_id) => ({ span_id })) },
    { weight: 1, arbitrary: written.map((request) => ({ request })) },
  ),
});

const span: fc.Arbitrary<MadeSpan> = fc
  .record({
    service: fc.constantFrom('a', 'b', 'd'),
    traceId: fc.constantFrom(...TRACE_IDS),
    number: fc.integer({ min: 1, max: 2 ** 30 }),
    name: fc.constantFrom('GET /', 'POST /pay'),
    startMs: fc.integer({ min: START + 5000, max: END - 20_000 }),
    durationMs: fc.integer({ min: 1, max: 5000 }),
    failed: fc.boolean(),
  })
  .map(({ number, failed, ...made }) => ({
    ...made,
    id: number.toString(16).padStart(16, '0'),
    ...(failed && { error: 'broke' }),
  }));

/** Distinct times, so that the order of lines is said. */
export const signals = fc.record({
  lines: fc.uniqueArray(line, { minLength: 10, maxLength: 60, selector: ({ atMs }) => atMs }),
  spans: fc.uniqueArray(span, { minLength: 5, maxLength: 25, selector: ({ id: own }) => own }),
});

export function pushBody(lines: readonly MadeLine[]): string {
  const streams = lines.map(({ stream, atMs, line: text, metadata }) => ({
    stream,
    values: [[`${atMs}000000`, text, metadata]],
  }));
  return JSON.stringify({ streams });
}
