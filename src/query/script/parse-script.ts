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
  readonly regex?: RegExp;
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
  if (load) return parseLoad(number, parseDuration(load[2]!), load[1] !== undefined, lines);
  if (line.startsWith('eval')) return parseEval(line, number, lines);
  throw new TriliteError('bad_data', `unknown command ${JSON.stringify(line)}`);
}

/** Lines up to the next blank one. */
function* body(lines: Lines): Generator<string> {
  while (lines.at < lines.text.length && lines.text[lines.at] !== '') yield lines.text[lines.at++]!;
}

function parseLoad(line: number, stepMs: number, withCustomBuckets: boolean, lines: Lines): LoadCommand {
  const series: LoadSeries[] = [];
  let starts: { key: string; offsets: (number | undefined)[] } | undefined;
  for (const text of body(lines)) {
    const { labels, rest, isStart } = parseSeries(text);
    if (isStart) {
      starts = { key: labels.key(), offsets: parseStartOffsets(rest) };
      continue;
    }
    const startOffsets = starts?.key === labels.key() ? starts.offsets : undefined;
    series.push({ labels, values: parseValues(rest), startOffsets });
    starts = undefined;
  }
  return { kind: 'load', line, stepMs, withCustomBuckets, series };
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
  const ms = parseDuration(text.replace(/^[+-]/, ''));
  return negative ? -ms : ms;
}

const EVAL =
  /^eval(?:_(fail|warn|info|ordered))?\s+(?:instant\s+(?:at\s+(\S+)\s+)?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+)(.*)$/;

function parseEval(line: string, number: number, lines: Lines): EvalCommand {
  const match = EVAL.exec(line);
  if (!match) throw new TriliteError('bad_data', `malformed eval ${JSON.stringify(line)}`);
  const [, prefix, at, from, to, step, expr] = match;
  const instant = from === undefined;
  const expectations: Expectation[] = [];
  if (prefix === 'fail' || prefix === 'warn' || prefix === 'info') expectations.push({ type: prefix });
  const expected: ExpectedSeries[] = [];
  let ordered = prefix === 'ordered';
  let expectedString: string | undefined;
  let expectedScalar: number | undefined;
  let rangeVector: EvalCommand['rangeVector'];
  for (const text of body(lines)) {
    const expect = /^expect\s+(.*)$/.exec(text)?.[1];
    if (expect !== undefined) {
      const range = /^range vector from (\S+) to (\S+) step (\S+)$/.exec(expect);
      if (expect === 'ordered') ordered = true;
      else if (expect.startsWith('string ')) expectedString = unquote(expect.slice(7).trim());
      else if (range) {
        const [startMs, endMs, stepMs] = range.slice(1).map(parseDuration) as [number, number, number];
        rangeVector = { startMs, endMs, stepMs };
      } else expectations.push(parseExpectation(expect));
      continue;
    }
    const legacy = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
    if (legacy) {
      const what = legacy[2]!;
      expectations.push(
        legacy[1] === 'message' ? { type: 'fail', text: what } : { type: 'fail', regex: new RegExp(what) },
      );
      continue;
    }
    const scalar = /^[+-]?(\d|\.\d|inf|nan)\S*$/i.test(text) ? parseValues(text)[0] : undefined;
    if (scalar !== undefined) {
      expectedScalar = scalar as number;
      break;
    }
    const { labels, rest } = parseSeries(text);
    expected.push({ labels, values: parseValues(rest) });
  }
  const endMs = parseDuration(instant ? (at ?? '0') : to!);
  return {
    kind: 'eval',
    line: number,
    expr: expr!,
    instant,
    startMs: instant ? endMs : parseDuration(from),
    endMs,
    stepMs: instant ? 0 : parseDuration(step!),
    expectations,
    ordered,
    expectedString,
    expectedScalar,
    rangeVector,
    expected,
  };
}

function parseExpectation(text: string): Expectation {
  const match = /^(fail|warn|no_warn|info|no_info)(?:\s+(msg|regex)\s*:\s*(.*))?$/.exec(text);
  if (!match) throw new TriliteError('bad_data', `malformed expectation ${JSON.stringify(text)}`);
  const type = match[1] as Expectation['type'];
  if (match[2] === 'msg') return { type, text: match[3]!.trim() };
  if (match[2] === 'regex') return { type, regex: new RegExp(match[3]!.trim()) };
  return { type };
}
