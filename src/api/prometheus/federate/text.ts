/** Families as text 0.0.4. Histograms with custom buckets become classic ones; others the format cannot hold. */

import { formatFloat } from '../../../model/float-format.ts';
import { positiveBuckets, usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { classicBuckets, type Family, type Metric } from './family.ts';
import { isPlainName } from './format.ts';

export function expositionText(families: Iterable<Family>): string {
  let out = '';
  for (const family of families) {
    const lines = family.metrics.map((m) => linesOf(family.name, m)).join('');
    const type = family.type === 'untyped' ? 'untyped' : 'histogram';
    if (lines !== '') out += `# TYPE ${nameText(family.name)} ${type}\n${lines}`;
  }
  return out;
}

/** Whether the format can hold it. */
export function isTextual(histogram: Histogram): boolean {
  return usesCustomBuckets(histogram);
}

function linesOf(name: string, metric: Metric): string {
  const { histogram: h, timestampMs } = metric;
  const line = (suffix: string, value: number, le?: number) => {
    const pairs = le === undefined ? metric.pairs : [...metric.pairs, 'le', numberText(le)];
    return `${head(name + suffix, pairs)} ${numberText(value)} ${timestampMs}\n`;
  };
  if (!h) return line('', metric.value);
  const { indexes, counts } = positiveBuckets(h);
  const countAt = (index: number) => counts[indexes.indexOf(index)] ?? 0;
  const buckets = classicBuckets(h, countAt).map(([le, count]) => line('_bucket', count, le));
  const all = line('_bucket', h.count, Number.POSITIVE_INFINITY);
  return [...buckets, all, line('_sum', h.sum), line('_count', h.count)].join('');
}

/** A name that older readers do not know stands quoted among the labels. */
function head(name: string, pairs: readonly string[]): string {
  const inside = isPlainName(name) ? [] : [nameText(name)];
  for (let i = 0; i < pairs.length; i += 2) inside.push(`${nameText(pairs[i]!)}="${escaped(pairs[i + 1]!)}"`);
  return `${isPlainName(name) ? name : ''}{${inside.join(',')}}`;
}

function nameText(name: string): string {
  return isPlainName(name) ? name : `"${escaped(name)}"`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

function numberText(value: number): string {
  return value === 0 ? '0' : formatFloat(value);
}
