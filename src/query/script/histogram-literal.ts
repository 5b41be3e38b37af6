/** Native histograms as scripts write them: `{{schema:1 count:5 sum:3 z_bucket:1 z_bucket_w:0.001 buckets:[1 2] offset:-1}}`. */

import { TriliteError } from '../../model/errors.ts';
import {
  type BucketSpan,
  type CounterReset,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
} from '../../model/histogram.ts';

export interface ScriptHistogram {
  readonly histogram: Histogram;
  /** Whether the literal says something of counter resets; only then is it compared. */
  readonly hasHint: boolean;
}

const FIELD = /\s*([a-z_]+)\s*:\s*(\[[^\]]*\]|[^\s\]]+)\s*/y;

const HINTS: ReadonlySet<string> = new Set(['unknown', 'reset', 'not_reset', 'gauge']);

/** Throws `bad_data`. */
export function parseHistogram(literal: string): ScriptHistogram {
  const text = literal.slice(2, -2).trim();
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const match = FIELD.exec(text);
    if (!match) throw new TriliteError('bad_data', `malformed histogram ${JSON.stringify(literal)}`);
    fields.set(match[1]!, match[2]!);
  }
  const number = (name: string): number => {
    const value = fields.get(name);
    return value === undefined ? 0 : toNumber(value);
  };
  const list = (name: string): number[] => {
    const inner = fields.get(name)?.slice(1, -1).trim() ?? '';
    return inner === '' ? [] : inner.split(/[\s,]+/).map(toNumber);
  };
  const hint = fields.get('counter_reset_hint');
  if (hint !== undefined && !HINTS.has(hint))
    throw new TriliteError('bad_data', `bad counter_reset_hint ${hint}`);
  const positiveCounts = list('buckets');
  const negativeCounts = list('n_buckets');
  const schema = number('schema');
  const histogram: Histogram = {
    schema,
    zeroThreshold: number('z_bucket_w'),
    zeroCount: number('z_bucket'),
    count: number('count'),
    sum: number('sum'),
    positiveSpans: spans(number('offset'), positiveCounts),
    positiveCounts,
    negativeSpans: spans(number('n_offset'), negativeCounts),
    negativeCounts,
    customBounds: schema === CUSTOM_BUCKETS_SCHEMA ? list('custom_values') : [],
    reset: (hint ?? 'unknown') as CounterReset,
    integer: false,
    stale: false,
  };
  return { histogram, hasHint: hint !== undefined };
}

function spans(offset: number, counts: readonly number[]): BucketSpan[] {
  return counts.length === 0 ? [] : [{ offset, length: counts.length }];
}

function toNumber(text: string): number {
  const lower = text.toLowerCase();
  if (lower === 'inf' || lower === '+inf') return Number.POSITIVE_INFINITY;
  if (lower === '-inf') return Number.NEGATIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  const value = Number(text);
  if (Number.isNaN(value))
    throw new TriliteError('bad_data', `bad number ${JSON.stringify(text)} in histogram`);
  return value;
}
