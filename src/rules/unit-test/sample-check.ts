/** What a query answers at a moment of a test, against what it expects. Floats are equal to the last bit, or neighbours. */

import { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import { Labels } from '../../model/labels.ts';
import { evaluatePromql } from '../../query/engine.ts';
import type { ResultData } from '../../query/result.ts';
import { histogramExpression } from '../../query/script/histogram-text.ts';
import { parseSeries, parseValues } from '../../query/script/series-line.ts';
import type { ServiceContext } from '../../query/service.ts';
import type { TestFailure, TestSample } from './test-failure.ts';
import type { ExpectedSample, ExprTest } from './test-file.ts';

export interface SampleCheckOptions {
  readonly context: Pick<ServiceContext, 'storage' | 'signal'> & Required<Pick<ServiceContext, 'query'>>;
  readonly startMs: number;
  readonly fuzzyCompare: boolean;
}

/** Resolves with the failure, where there is any. */
export async function checkSamples(
  { expr, evalTimeMs, expected: wanted }: ExprTest,
  { context, startMs, fuzzyCompare }: SampleCheckOptions,
): Promise<TestFailure | undefined> {
  let got: TestSample[];
  let expected: TestSample[];
  try {
    const timeMs = startMs + evalTimeMs;
    const grid = { startMs: timeMs, endMs: timeMs, stepMs: 0, instant: true };
    const { data } = await evaluatePromql(expr, { ...context.query, ...grid }, context);
    got = samplesOf(data);
    expected = wanted.map(expectedSample);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return { kind: 'query', expr, evalTimeMs, message: error.message };
  }
  got.sort((a, b) => a.labels.compare(b.labels));
  expected.sort((a, b) => a.labels.compare(b.labels));
  const isSame =
    expected.length === got.length && expected.every((sample, i) => isEqual(sample, got[i]!, fuzzyCompare));
  return isSame ? undefined : { kind: 'samples', expr, evalTimeMs, expected, got };
}

function samplesOf(data: ResultData): TestSample[] {
  if (data.type === 'scalar') return [{ labels: Labels.EMPTY, value: data.value, histogram: '' }];
  if (data.type !== 'vector') throw new TriliteError('execution', 'rule result is not a vector or scalar');
  return data.labels.map((labels, i) => {
    const histogram = data.histograms?.[i];
    return histogram
      ? { labels, value: 0, histogram: histogramExpression(histogram) }
      : { labels, value: data.values[i]!, histogram: '' };
  });
}

function expectedSample({ labels: text, value, histogram }: ExpectedSample): TestSample {
  try {
    const labels = text.trim() === '' ? { labels: Labels.EMPTY, rest: '' } : parseSeries(text.trim());
    if (labels.rest !== '') throw new TriliteError('bad_data', `${labels.rest} follows the labels`);
    const canonical = histogram === '' ? '' : histogramExpression(parseOneHistogram(histogram));
    return { labels: labels.labels, value, histogram: canonical };
  } catch (error) {
    throw new TriliteError('bad_data', `labels ${JSON.stringify(text)}: ${(error as Error).message}`);
  }
}

function parseOneHistogram(text: string): Histogram {
  const values = parseValues(text.trim());
  const [value] = values;
  if (values.length !== 1) throw new TriliteError('bad_data', `expected 1 value, got ${values.length}`);
  if (typeof value !== 'object') throw new TriliteError('bad_data', `expected a histogram, got ${text}`);
  return value.histogram;
}

/** NaN equals nothing, as for promtool. */
function isEqual(a: TestSample, b: TestSample, fuzzyCompare: boolean): boolean {
  if (!a.labels.equals(b.labels) || a.histogram !== b.histogram) return false;
  return a.value === b.value || (fuzzyCompare && areNeighbours(a.value, b.value));
}

/** Whether no float lies between. */
function areNeighbours(a: number, b: number): boolean {
  const distance = orderOf(a) - orderOf(b);
  return distance === 1n || distance === -1n;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Where a float stands among all, in the order of their values; both zeros stand at 0. */
function orderOf(value: number): bigint {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigInt64(0);
  return bits >= 0n ? bits : -(bits & 0x7fffffffffffffffn);
}
