/** Random traces and policies, of few names and values, so that policies often fit. */

import fc from 'fast-check';
import { type AnyValue, type MadeResource, type MadeSpan, requestOf } from '../../ingest/sampling/traces.ts';
import type { SamplingCase } from './collector.ts';

type Json = Readonly<Record<string, unknown>>;

const KEYS = ['a', 'b', 'service.name'] as const;
const STRINGS = ['', 'x', 'y', 'xy', 'ü', 'GET /health'] as const;
const NUMBERS = [-5, -1, 0, 1, 7, 100] as const;

const key = fc.constantFrom(...KEYS);
const value: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constantFrom(...STRINGS).map((stringValue) => ({ stringValue })),
  fc.constantFrom(...NUMBERS).map((n) => ({ intValue: String(n) })),
  fc.boolean().map((boolValue) => ({ boolValue })),
  fc.constantFrom(0.5, 7).map((doubleValue) => ({ doubleValue })),
  fc.constant({ arrayValue: { values: [{ stringValue: 'x' }] } }),
  fc.constant({}),
);
const attributes = fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true });

const BASE_NS = 1_700_000_000_000_000_000n;
const timeNs = fc.oneof(
  fc
    .constantFrom(0, 1, 999_999, 1_000_000, 1_000_001, 5_000_000, 6_000_000, 2_000_000_000)
    .map((n) => BASE_NS + BigInt(n)),
  fc.constant(0n),
);

const traceState = fc.constantFrom(
  'k=v',
  'k=w,other=1',
  ' k=v ,z=1',
  'k = v',
  'K=v',
  'k=v,k=w',
  't@s=v,k=v',
  '',
  ',k=v',
  'k=',
  'k=v;x',
);

/** Ids with random bytes, so that hashes are spread; `low` makes them few in a request. */
const traceIds = fc
  .uniqueArray(
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => Buffer.from(b).toString('hex')),
    { minLength: 1, maxLength: 8 },
  )
  .filter((ids) => ids.every((id) => /[1-9a-f]/.test(id)));

function spanOf(ids: readonly string[]): fc.Arbitrary<MadeSpan> {
  return fc.record(
    {
      trace: fc.constantFrom(...ids),
      span: fc.integer({ min: 1, max: 1e9 }),
      parent: fc.integer({ min: 1, max: 1e9 }),
      startNs: timeNs,
      endNs: timeNs,
      status: fc.constantFrom(0, 1, 2),
      flags: fc.constantFrom(0, 1, 256, 257, 0x301),
      traceState,
      attributes,
    },
    { requiredKeys: ['trace', 'span', 'startNs', 'endNs'], noNullPrototype: true },
  );
}

function requestsOf(ids: readonly string[]): fc.Arbitrary<Uint8Array[]> {
  const scopes = fc.array(fc.array(spanOf(ids), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 2,
  });
  const resource: fc.Arbitrary<MadeResource> = fc.record({ attributes, scopes }, { noNullPrototype: true });
  const request = fc.array(resource, { minLength: 1, maxLength: 3 }).map(requestOf);
  return fc.array(request, { minLength: 1, maxLength: 4 });
}

type Rule = fc.Arbitrary<Json>;
const ruled = (type: string, settings: fc.Arbitrary<Json>): Rule =>
  settings.map((s) => ({ type, [type]: s }));
const some = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[] = []) =>
  fc.record(fields, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<Json>;

const invert = fc.boolean();
const bound = fc.constantFrom(...NUMBERS);
const stateless: readonly Rule[] = [
  fc.constant({ type: 'always_sample' }),
  fc.constant({ type: 'trace_flags' }),
  ruled('latency', some({ threshold_ms: fc.constantFrom(0, 1, 4, 5, 1999) })),
  ruled(
    'numeric_attribute',
    some({ key, min_value: bound, max_value: bound, invert_match: invert }, ['key']).filter(
      (s) => Boolean(s.min_value) || Boolean(s.max_value),
    ),
  ),
  ruled(
    'probabilistic',
    some({
      sampling_percentage: fc.oneof(
        fc.constantFrom(0, 0.1, 10, 50, 99.9, 100, 250),
        fc.double({ min: 0, max: 100, noNaN: true }),
      ),
      hash_salt: fc.constantFrom('', 's', 'ü'),
    }),
  ),
  ruled(
    'status_code',
    some({ status_codes: fc.subarray(['OK', 'ERROR', 'UNSET'], { minLength: 1 }) }, ['status_codes']),
  ),
  ruled(
    'string_attribute',
    some({ key, values: fc.subarray([...STRINGS]), invert_match: invert }, ['key', 'values']),
  ),
  ruled(
    'string_attribute',
    some(
      {
        key,
        values: fc.subarray(['^x', 'y$', 'h.*h', '.*', 'z+', '(?i)GET'], { minLength: 1 }),
        enabled_regex_matching: fc.constant(true),
        cache_max_size: fc.constantFrom(0, 1, 10),
        invert_match: invert,
      },
      ['key', 'values', 'enabled_regex_matching'],
    ),
  ),
  ruled(
    'span_count',
    some({ min_spans: fc.integer({ min: 0, max: 4 }), max_spans: fc.integer({ min: 0, max: 6 }) }),
  ),
  ruled('boolean_attribute', some({ key, value: fc.boolean(), invert_match: invert }, ['key'])),
  ruled(
    'trace_state',
    some({ key: fc.constantFrom('k', 't@s', 'other'), values: fc.subarray(['v', 'w', '1', '']) }, [
      'key',
      'values',
    ]),
  ),
];
/** What comes in which order matters to them: of several traces the collector's order is any. */
const stateful: readonly Rule[] = [
  ruled(
    'latency',
    some({ threshold_ms: fc.constantFrom(0, 1, 5), upper_threshold_ms: fc.constantFrom(1, 5, 1999) }),
  ),
  ruled(
    'rate_limiting',
    some(
      { spans_per_second: fc.integer({ min: 1, max: 4 }), burst_capacity: fc.integer({ min: 0, max: 20 }) },
      ['spans_per_second'],
    ),
  ),
  // Sizes differ by some bytes: the collector counts what it would print, fields that are empty included.
  ruled(
    'bytes_limiting',
    some(
      {
        bytes_per_second: fc.constantFrom(1, 10),
        burst_capacity: fc.constantFrom(30, 100_000),
      },
      ['bytes_per_second'],
    ),
  ),
];

const named = (policies: readonly Json[], prefix: string) =>
  policies.map((p, i) => ({ name: `${prefix}${i}`, ...p }));

function policies(simple: readonly Rule[], composite: boolean): fc.Arbitrary<Json[]> {
  const one = fc.oneof(...simple);
  const list = (of: Rule) => fc.array(of, { minLength: 1, maxLength: 3 }).map((l) => named(l, 'p'));
  const not = one.map((p) => ({ type: 'not', not: { not_sub_policy: { name: 'n', ...p } } }));
  const and = list(fc.oneof(one, one, not)).map((l) => ({ type: 'and', and: { and_sub_policy: l } }));
  const drop = list(fc.oneof(one, one, not)).map((l) => ({ type: 'drop', drop: { drop_sub_policy: l } }));
  const shared = list(fc.oneof(one, and)).chain((l) =>
    fc
      .record({
        rate: fc.integer({ min: 1, max: 20 }),
        percents: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: l.length, maxLength: l.length }),
        named: fc.subarray(l.map((p) => p.name)),
      })
      .map(({ rate, percents, named: shares }) => ({
        type: 'composite',
        composite: {
          max_total_spans_per_second: rate,
          policy_order: l.map((p) => p.name),
          composite_sub_policy: l,
          rate_allocation: shares.map((policy, i) => ({ policy, percent: percents[i] })),
        },
      })),
  );
  const any = fc.oneof(one, one, one, not, and, drop, ...(composite ? [shared] : []));
  return fc.array(any, { minLength: 1, maxLength: 4 }).map((l) => named(l, 'top'));
}

function samplingCase(ids: fc.Arbitrary<string[]>, rules: fc.Arbitrary<Json[]>): fc.Arbitrary<SamplingCase> {
  return fc.tuple(ids, rules, fc.boolean()).chain(([t, p, first]) =>
    requestsOf(t).map((requests) => ({
      config: { decision_wait: '1h', policies: p, ...(first && { sample_on_first_match: true }) },
      requests,
    })),
  );
}

export const manyTraces = samplingCase(traceIds, policies(stateless, false));
export const oneTrace = samplingCase(
  traceIds.map((ids) => ids.slice(0, 1)),
  policies([...stateless, ...stateful], true),
);
