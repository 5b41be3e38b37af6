/**
 * What the conformance suite of the storage seam shares: matchers of every kind with an expectation that does not
 * use the code under test, time ranges, and readers in a state. `conformance-{metrics,logs,traces}.ts` hold the
 * contract of each signal, `conformance.test.ts` runs them on every engine.
 */

import fc from 'fast-check';
import { Matcher, type MatchType } from '../../src/model/matcher.ts';
import type { StorageReader } from '../../src/storage/interface.ts';
import type { LabelRecord } from './batches.ts';

/** Something that was filled and can be read. */
export interface Filled<R> {
  read<T>(use: (reader: R) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A way to have data read: fills a store with the batches, in order. */
export interface Subject<B, S extends keyof StorageReader> {
  readonly name: string;
  fill(batches: readonly B[]): Promise<Filled<StorageReader[S]>>;
  /** Cases that fast-check makes; an engine with threads takes longer than arrays. */
  readonly runs: number;
}

/** Queries put to each filled store. */
export const QUERIES = 25;
/** Fixed, so that a failure is seen again. */
export const SEED = 20_261_121;

export const LABEL_NAMES = ['__name__', 'job', 'env', 'zone'] as const;
const VALUES = ['a', 'b', 'api', 'apple', 'ü', 'a.b', 'new\nline'] as const;

/** Label sets without empty values; `job` is in all, the others now and then. */
export const labelRecord: fc.Arbitrary<LabelRecord> = fc.record(
  {
    __name__: fc.constantFrom('m', 'm_total'),
    job: fc.constantFrom(...VALUES),
    env: fc.constantFrom('a', 'b', 'api'),
    zone: fc.constantFrom(...VALUES),
  },
  { requiredKeys: ['job'], noNullPrototype: true },
);

const PATTERNS = [
  '',
  'a',
  'a|b|a',
  'a|',
  'a|b|',
  '(a|b)pi|api',
  'ap.*',
  'ap.+',
  '.*',
  '.+',
  '.*p.*',
  'a?',
  '[ab]',
  'a\\.b',
  'a.b',
  'x|y',
  'no.*',
  'new.line',
  '(|a)',
] as const;

export interface TestMatcher {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
}

export const matcher: fc.Arbitrary<TestMatcher> = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom<MatchType>('=', '!='),
      name: fc.constantFrom(...LABEL_NAMES, 'absent'),
      value: fc.constantFrom('', 'none', 'm', ...VALUES),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      type: fc.constantFrom<MatchType>('=~', '!~'),
      name: fc.constantFrom(...LABEL_NAMES, 'absent'),
      value: fc.constantFrom(...PATTERNS),
    },
    { noNullPrototype: true },
  ),
);

export const matcherSet = fc.array(matcher, { maxLength: 3 });

export function toMatchers(set: readonly TestMatcher[]): Matcher[] {
  return set.map((m) => new Matcher(m.type, m.name, m.value));
}

/** The patterns above mean the same to JavaScript. */
export function matchesNaively(set: readonly TestMatcher[], labels: LabelRecord): boolean {
  return set.every(({ type, name, value }) => {
    const own = labels[name] ?? '';
    if (type === '=' || type === '!=') return (own === value) === (type === '=');
    return new RegExp(`^(?:${value})$`, 's').test(own) === (type === '=~');
  });
}

/** Ranges that begin and end at, beside, before and after the given times. */
export function rangeOver(times: readonly number[]): fc.Arbitrary<{ minMs: number; maxMs: number }> {
  const bound = fc.tuple(fc.constantFrom(...times), fc.constantFrom(-1, 0, 0, 1)).map(([t, d]) => t + d);
  return fc.oneof(
    fc.constant({ minMs: -8e15, maxMs: 8e15 }),
    fc.tuple(bound, bound).map(([a, b]) => ({ minMs: Math.min(a, b), maxMs: Math.max(a, b) })),
  );
}

export function within(timeMs: number, range: { readonly minMs: number; readonly maxMs: number }): boolean {
  return timeMs >= range.minMs && timeMs <= range.maxMs;
}

/** Labels as text that is equal exactly for equal label sets. */
export function keyOf(labels: LabelRecord): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
