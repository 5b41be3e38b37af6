/**
 * A line of a script: a series and its values.
 *
 *   metric{a="b"} 1 _ 0+10x5 1x3 stale {{schema:0 count:3 sum:5 buckets:[1 2]}}+{{count:1}}x3
 *
 * `_` is a gap, `axn` repeats n more times, `a+bxn` goes on n more times in steps of b.
 */

import { parseDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { unquote } from '../../model/go-string.ts';
import type { Histogram } from '../../model/histogram.ts';
import { Labels, METRIC_NAME } from '../../model/labels.ts';
import { addHistograms, subtractHistograms } from '../exec/histogram/arithmetic.ts';
import { parseHistogram, type ScriptHistogram } from './histogram-literal.ts';

/** A sample of a script; undefined is a gap. */
export type ScriptValue = number | 'stale' | ScriptHistogram | undefined;

interface SeriesHead {
  readonly labels: Labels;
  /** The text after the series. */
  readonly rest: string;
  /** The line gives start timestamps (`metric{…}@st`). */
  readonly isStart: boolean;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;
const SPACE = /\s*/y;

function take(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** Throws `bad_data` where the line does not start with a series. */
export function parseSeries(line: string): SeriesHead {
  const pairs: [string, string][] = [];
  let at = 0;
  const name = take(NAME, line, at);
  if (name !== '') pairs.push([METRIC_NAME, name]);
  at += name.length;
  const skip = () => {
    at += take(SPACE, line, at).length;
  };
  const malformed = () =>
    new TriliteError(
      'bad_data',
      `cannot read ${JSON.stringify(line)}: expected a series, as m{a="b"}, and its values`,
    );
  if (line[at] === '{' && line[at + 1] !== '{') {
    at++;
    for (skip(); line[at] !== '}'; skip()) {
      const quoted = take(STRING, line, at);
      const label = quoted === '' ? take(NAME, line, at) : unquote(quoted);
      at += quoted === '' ? label.length : quoted.length;
      skip();
      if (line[at] === '=') {
        at++;
        skip();
        const value = take(STRING, line, at);
        if (value === '' || label === '') throw malformed();
        at += value.length;
        pairs.push([label, unquote(value)]);
        skip();
      } else if (quoted !== '') pairs.push([METRIC_NAME, label]);
      else throw malformed();
      if (line[at] === ',') at++;
      else if (line[at] !== '}') throw malformed();
    }
    at++;
  } else if (name === '') throw malformed();
  const isStart = line.startsWith('@st', at);
  if (isStart) at += 3;
  return { labels: Labels.from(pairs), rest: line.slice(at).trim(), isStart };
}

const NUMBER = String.raw`[+-]?(?:inf|nan|\d+(?:\.\d*)?(?:e[+-]?\d+)?(?:(?:ms|[ywdhms])(?:\d+(?:ms|[ywdhms]))*)?|\.\d+(?:e[+-]?\d+)?)`;
const HISTOGRAM = String.raw`\{\{.*?\}\}`;
const ITEM = new RegExp(
  String.raw`\s*(?:(_)|(stale)|(${NUMBER})([+-](?:${NUMBER.slice(5)}))?|(${HISTOGRAM})(?:([+-])(${HISTOGRAM}))?)(?:x(\d+))?(?=\s|$)`,
  'iy',
);

/** The samples of a line. Throws `bad_data`. */
export function parseValues(text: string): ScriptValue[] {
  const out: ScriptValue[] = [];
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex < text.length) {
    const from = ITEM.lastIndex;
    const match = ITEM.exec(text);
    if (!match) {
      const rest = JSON.stringify(text.slice(from).trim());
      throw new TriliteError(
        'bad_data',
        `cannot read the values ${rest}: expected 1 _ 2x3 0+1x5 stale {{…}}`,
      );
    }
    const [, gap, stale, number, change, histogram, sign, histogramChange, times] = match;
    const repeats = times === undefined ? undefined : Number(times);
    const last = ITEM.lastIndex;
    if (gap !== undefined) for (let i = 0; i < (repeats ?? 1); i++) out.push(undefined);
    else if (stale !== undefined) for (let i = 0; i <= (repeats ?? 0); i++) out.push('stale');
    else if (number !== undefined) pushNumbers(out, number, change, repeats ?? 0);
    else pushHistograms(out, histogram!, sign, histogramChange, repeats ?? 0);
    ITEM.lastIndex = last;
  }
  return out;
}

function pushNumbers(out: ScriptValue[], first: string, change: string | undefined, times: number): void {
  let value = toNumber(first);
  const step = change === undefined ? 0 : toNumber(change);
  for (let i = 0; i <= times; i++) {
    out.push(value);
    value += step;
  }
}

function toNumber(text: string): number {
  const lower = text.toLowerCase();
  const bare = lower.replace(/^[+-]/, '');
  let value: number;
  if (bare === 'inf') value = Number.POSITIVE_INFINITY;
  else if (bare === 'nan') value = Number.NaN;
  else if (/[ywdhms]/.test(bare)) value = parseDuration(bare) / 1000;
  else value = Number(bare);
  return lower.startsWith('-') ? -value : value;
}

function pushHistograms(
  out: ScriptValue[],
  first: string,
  sign: string | undefined,
  change: string | undefined,
  times: number,
): void {
  let current = parseHistogram(first);
  const step = change === undefined ? undefined : parseHistogram(change);
  for (let i = 0; i <= times; i++) {
    out.push(current);
    if (step === undefined || i === times) continue;
    const combine = sign === '-' ? subtractHistograms : addHistograms;
    const next: Histogram = combine(current.histogram, step.histogram).histogram!;
    // The hint of the first literal goes for the whole run.
    current = { ...current, histogram: { ...next, reset: current.histogram.reset } };
  }
}
