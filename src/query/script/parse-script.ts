/**
 * Query test scripts: a line-based text of commands. Lines are trimmed, a line that starts with `#` is as good as
 * blank, and a blank line ends a command.
 *
 *   clear
 *   load 5m                              (or load_with_nhcb)
 *     metric{a="b"} 0+10x5 stale _ 7
 *   eval instant at 10m  sum(metric)     (or: eval range from 0 to 10m step 1m EXPR)
 *     expect no_warn
 *     {a="b"} 20
 */

import { parseDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import { unquote } from '../../model/go-string.ts';
import type { Labels } from '../../model/labels.ts';
import { compileSearch, type SearchRegex } from '../../model/regex.ts';
import { parseSeries, parseValues, type ScriptValue } from './series-line.ts';

export interface LoadSeries {
  readonly labels: Labels;
  readonly values: readonly ScriptValue[];
  /** Start timestamps relative to each sample's time, in ms; undefined where unknown. */
  readonly startOffsets: readonly (number | undefined)[] | undefined;
}

export interface LoadCommand {
  readonly kind: 'load';
  readonly line: number;
  readonly stepMs: number;
  /** Also build custom-bucket histograms of the classic ones. */
  readonly withCustomBuckets: boolean;
  readonly series: readonly LoadSeries[];
}

export interface Expectation {
  readonly type: 'warn' | 'no_warn' | 'info' | 'no_info' | 'fail';
  readonly text?: string;
  /** RE2, anywhere in the message. */
  readonly regex?: SearchRegex;
}

export interface ExpectedSeries {
  readonly labels: Labels;
  readonly values: readonly ScriptValue[];
}

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly expr: string;
  readonly instant: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly expectations: readonly Expectation[];
  readonly ordered: boolean;
  readonly expectedString: string | undefined;
  readonly expectedScalar: number | undefined;
  /** Grid of an expected range vector. */
  readonly rangeVector: { startMs: number; endMs: number; stepMs: number } | undefined;
  readonly expected: readonly ExpectedSeries[];
}

export type Command = { readonly kind: 'clear'; readonly line: number } | LoadCommand | EvalCommand;

interface Lines {
  readonly text: readonly string[];
  at: number;
}

/** Throws `bad_data`, the message starting with the line number, where the script is malformed. */
export function parseScript(text: string): Command[] {
  const lines: Lines = {
    text: text
      .split('\n')
      .map((line) => line.trim())
      .map((line) => (line.startsWith('#') ? '' : line)),
    at: 0,
  };
  const commands: Command[] = [];
  while (lines.at < lines.text.length) {
    const line = lines.text[lines.at]!;
    const number = lines.at + 1;
    lines.at++;
    if (line === '') continue;
    try {
      commands.push(parseCommand(line, number, lines));
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      throw new TriliteError('bad_data', `${lines.at}: ${error.message}`);
    }
  }
  return commands;
}

function parseCommand(line: string, number: number, lines: Lines): Command {
  if (line === 'clear') return { kind: 'clear', line: number };
  const load = /^load(_with_nhcb)?\s+(\S+)$/.exec(line);
  if (load) return parseLoad(number, duration(load[2]!), load[1] !== undefined, lines);
  if (/^load\b|^load_/.test(line)) throw malformed(line, 'load STEP, or load_with_nhcb STEP');
  if (line.startsWith('eval')) return parseEval(line, number, lines);
  throw malformed(line, 'load, load_with_nhcb, eval or clear; a blank line ends what belongs to a command');
}

function malformed(line: string, expected: string): TriliteError {
  return new TriliteError('bad_data', `cannot read ${JSON.stringify(line)}: expected ${expected}`);
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new TriliteError('bad_data', `expected a duration such as 5m, got ${JSON.stringify(text)}`);
  }
}

/** Lines up to the next blank one. */
function* body(lines: Lines): Generator<string> {
  while (lines.at < lines.text.length && lines.text[lines.at] !== '') yield lines.text[lines.at++]!;
}

function parseLoad(line: number, stepMs: number, withCustomBuckets: boolean, lines: Lines): LoadCommand {
  if (stepMs <= 0) throw new TriliteError('bad_data', 'the step of a load must be above 0');
  const series: LoadSeries[] = [];
  let starts: { key: string; offsets: (number | undefined)[] } | undefined;
  for (const text of body(lines)) {
    const { labels, rest, isStart } = parseSeries(text);
    if (isStart) {
      starts = { key: labels.key(), offsets: parseStartOffsets(rest) };
      continue;
    }
    const values = parseValues(rest);
    if (starts !== undefined) {
      const why = starts.key !== labels.key() ? 'another series' : countMismatch(starts.offsets, values);
      if (why !== undefined) throw new TriliteError('bad_data', `the @st line before is for ${why}`);
    }
    series.push({ labels, values, startOffsets: starts?.offsets });
    starts = undefined;
  }
  if (starts !== undefined) throw new TriliteError('bad_data', 'no samples follow the @st line');
  return { kind: 'load', line, stepMs, withCustomBuckets, series };
}

function countMismatch(offsets: readonly unknown[], values: readonly unknown[]): string | undefined {
  return offsets.length === values.length ? undefined : `${offsets.length} samples, not ${values.length}`;
}

/** `-1m`, `_`, `-1mx3` (4 values), `-30s-1mx2` (3 values). */
function parseStartOffsets(text: string): (number | undefined)[] {
  const out: (number | undefined)[] = [];
  for (const item of text.split(/\s+/)) {
    const match = /^(?:(_)|([+-]?[0-9a-wyz]+)([+-][0-9a-wyz]+)?)(?:x(\d+))?$/.exec(item);
    if (!match) throw new TriliteError('bad_data', `malformed start offset ${JSON.stringify(item)}`);
    const times = match[4] === undefined ? undefined : Number(match[4]);
    if (match[1] !== undefined) {
      for (let i = 0; i < (times ?? 1); i++) out.push(undefined);
      continue;
    }
    let value = signedDuration(match[2]!);
    const change = match[3] === undefined ? 0 : signedDuration(match[3]);
    for (let i = 0; i <= (times ?? 0); i++) {
      out.push(value);
      value += change;
    }
  }
  return out;
}

function signedDuration(text: string): number {
  const negative = text.startsWith('-');
  const ms = duration(text.replace(/^[+-]/, ''));
  return negative ? -ms : ms;
}

const EVAL =
  /^eval(?:_(fail|warn|info|ordered))?\s+(?:instant\s+(?:at\s+(\S+)\s+)?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+)(.*)$/;
const EVAL_FORMS = 'eval instant at TIME QUERY, or eval range from TIME to TIME step STEP QUERY';

/** What the lines below an `eval` say. */
interface Expected {
  readonly expectations: Expectation[];
  readonly series: ExpectedSeries[];
  ordered: boolean;
  string: string | undefined;
  scalar: number | undefined;
  rangeVector: EvalCommand['rangeVector'];
}

function parseEval(line: string, number: number, lines: Lines): EvalCommand {
  const match = EVAL.exec(line);
  const [, prefix, at, from, to, step, expr] = match ?? [];
  const instant = from === undefined;
  const lacksQuery = !expr || (instant && at === undefined && /^at\b/.test(expr));
  if (lacksQuery) throw malformed(line, EVAL_FORMS);
  const grid = instant
    ? { startMs: duration(at ?? '0'), endMs: duration(at ?? '0'), stepMs: 0 }
    : readGrid(from, to!, step!);
  const expected: Expected = {
    expectations: prefix === 'fail' || prefix === 'warn' || prefix === 'info' ? [{ type: prefix }] : [],
    series: [],
    ordered: prefix === 'ordered',
    string: undefined,
    scalar: undefined,
    rangeVector: undefined,
  };
  for (const text of body(lines)) {
    readExpected(text, expected);
    // A bare number is the whole answer.
    if (expected.scalar !== undefined) break;
  }
  if (expected.ordered && !instant) {
    throw new TriliteError(
      'bad_data',
      'only instant queries are ordered: series of a range are, by their labels',
    );
  }
  return {
    kind: 'eval',
    line: number,
    expr,
    instant,
    ...grid,
    expectations: expected.expectations,
    ordered: expected.ordered,
    expectedString: expected.string,
    expectedScalar: expected.scalar,
    rangeVector: expected.rangeVector,
    expected: expected.series,
  };
}

function readGrid(from: string, to: string, step: string): NonNullable<EvalCommand['rangeVector']> {
  const grid = { startMs: duration(from), endMs: duration(to), stepMs: duration(step) };
  if (grid.endMs < grid.startMs)
    throw new TriliteError('bad_data', `the end, ${to}, is before the start, ${from}`);
  if (grid.stepMs <= 0) throw new TriliteError('bad_data', 'the step of a range must be above 0');
  return grid;
}

/** One line below an `eval`. */
function readExpected(text: string, into: Expected): void {
  const expect = /^expect\s+(.*)$/.exec(text)?.[1];
  if (expect !== undefined) {
    const range = /^range vector from (\S+) to (\S+) step (\S+)$/.exec(expect);
    if (expect === 'ordered') into.ordered = true;
    else if (expect.startsWith('string ')) into.string = unquote(expect.slice(7).trim());
    else if (range) into.rangeVector = readGrid(range[1]!, range[2]!, range[3]!);
    else into.expectations.push(parseExpectation(expect));
    if (into.expectations.filter((e) => e.type === 'fail').length > 1) {
      throw new TriliteError('bad_data', 'a query fails with one error: there is an "expect fail" already');
    }
    return;
  }
  const legacy = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
  if (legacy) {
    const what = legacy[2]!.trim();
    into.expectations[0] =
      legacy[1] === 'message' ? { type: 'fail', text: what } : { type: 'fail', regex: compileSearch(what) };
    return;
  }
  if (/^[+-]?(\d|\.\d|inf|nan)\S*$/i.test(text)) {
    into.scalar = parseValues(text)[0] as number;
    return;
  }
  const { labels, rest } = parseSeries(text);
  into.series.push({ labels, values: parseValues(rest) });
}

const EXPECTATIONS =
  'fail, warn, no_warn, info or no_info, with msg: TEXT or regex: RE2; ordered; string "…"; range vector from A to B step S';

function parseExpectation(text: string): Expectation {
  const match = /^(fail|warn|no_warn|info|no_info)(?:\s+(msg|regex)\s*:\s*(.*))?$/.exec(text);
  if (!match) throw malformed(`expect ${text}`, EXPECTATIONS);
  const type = match[1] as Expectation['type'];
  if (match[2] === 'msg') return { type, text: match[3]!.trim() };
  if (match[2] === 'regex') return { type, regex: compileSearch(match[3]!.trim()) };
  return { type };
}
