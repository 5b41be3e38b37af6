/** `toHaveLog`: looks for log lines, and tells of those that come nearest. */

import { types } from 'node:util';
import type { LabelSet, LogEntry } from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { nothingArrived, refusals } from './arrivals.ts';
import type { Check } from './check.ts';
import type { CountedLines, LogExpectation } from './expectations.ts';
import { describeValue, judgeNumber, shorten } from './expected.ts';
import { type Field, holds, scoreOf } from './field.ts';
import { logFields } from './log-expectation.ts';
import { counted, type Ink, paragraphs, wanted } from './message.ts';
import { lineQuery } from './narrow.ts';
import { nearestOf, toldOf } from './nearest.ts';

/** Of a stream with more, the newest are looked at. */
const LINES_MAX = 5000;
/** For a message: streams whose labels come nearest, and lines of each. */
const STREAMS_NEAR = 20;
const LINES_NEAR = 200;
const AT_ONCE = 16;
const EXAMPLES_MAX = 5;
/** Streams that are listed. */
const STREAMS_SHOWN = 6;

interface Candidate {
  readonly entry: LogEntry;
  readonly fields: readonly Field[];
}

export function logCheck(sink: Questions, expectation: CountedLines | string | RegExp): Check<LogEntry> {
  const isLine = typeof expectation === 'string' || types.isRegExp(expectation);
  const whole: CountedLines = isLine ? { line: expectation } : expectation;
  const { count, ...expected } = whole;
  let found: Candidate[] = [];
  return {
    name: 'toHaveLog',
    signal: 'logs',
    look: async () => {
      const { streams } = await sink.inventory();
      const likely = streams.filter((labels) => holds(labelFields(expected, labels)));
      const entries = await linesOf(sink, likely, expected, LINES_MAX);
      found = candidates(entries, expected).filter(({ fields }) => holds(fields));
      return count === undefined ? found.length > 0 : judgeNumber(count, found.length).ok;
    },
    found: () => found.map(({ entry }) => entry),
    missing: (ink) => missing(sink, whole, found, ink),
    present: async (ink) =>
      paragraphs(wanted('a log line', whole, ink, true), `${areSo(found)}\n${examples(found)}`),
  };
}

/** What can be told of a line by its stream. */
function labelFields({ labels, service }: LogExpectation, stream: LabelSet): Field[] {
  const line: LogEntry = { timeNs: 0n, line: '', labels: stream, structuredMetadata: {}, parsed: {} };
  return logFields({ ...(labels && { labels }), ...(service !== undefined && { service }) }, line);
}

/** By time, the oldest first. */
async function linesOf(
  sink: Questions,
  streams: readonly LabelSet[],
  expected: LogExpectation,
  limit: number,
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let i = 0; i < streams.length; i += AT_ONCE) {
    const answers = await Promise.all(
      streams
        .slice(i, i + AT_ONCE)
        .map((labels) => sink.logql(lineQuery(labels, expected), { limit, direction: 'backward' })),
    );
    for (const answer of answers) if (answer.kind === 'entries') entries.push(...answer.entries);
  }
  return entries.sort((a, b) =>
    a.timeNs === b.timeNs ? (a.line < b.line ? -1 : 1) : a.timeNs < b.timeNs ? -1 : 1,
  );
}

function candidates(entries: readonly LogEntry[], expected: LogExpectation): Candidate[] {
  return entries.map((entry) => ({ entry, fields: logFields(expected, entry) }));
}

async function missing(
  sink: Questions,
  whole: CountedLines,
  found: readonly Candidate[],
  ink: Ink,
): Promise<string> {
  const { count: _, ...expected } = whole;
  const asked = wanted('a log line', whole, ink);
  const { streams } = await sink.inventory();
  if (streams.length === 0) {
    return paragraphs(asked, 'There is no log line.', await nothingArrived(sink, 'logs'));
  }
  const there = `There are lines in ${counted(streams.length, 'stream')}:\n${listedStreams(streams)}`;
  if (found.length > 0) {
    return paragraphs(asked, `${areSo(found)}\n${examples(found)}`, there, await refusals(sink));
  }
  const near = [...streams]
    .map((labels) => ({ labels, score: scoreOf(labelFields(expected, labels)) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, STREAMS_NEAR)
    .map(({ labels }) => labels);
  const all = candidates(await linesOf(sink, near, {}, LINES_NEAR), expected);
  return paragraphs(asked, there, ...nearest(all, ink), await refusals(sink));
}

function nearest(all: readonly Candidate[], ink: Ink): string[] {
  const near = nearestOf(all);
  if (near.length === 0) return [`None comes near. The newest:\n${examples(all.slice(-EXAMPLES_MAX))}`];
  return near.map(({ entry, fields }, i) => toldOf(lineText(entry), fields, i === 0, ink));
}

/** `{app="shop"} payment failed` */
function lineText({ labels, line }: LogEntry): string {
  return `${labelsText(labels)} ${shorten(line.replace(/\s+/g, ' '))}`;
}

export function labelsText({ __name__: name = '', ...labels }: LabelSet): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${describeValue(labels[key])}`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

function listedStreams(streams: readonly LabelSet[]): string {
  const texts = streams.map(labelsText).sort();
  const left = texts.length - STREAMS_SHOWN;
  const shown = texts.slice(0, STREAMS_SHOWN).map((text) => `  ${text}`);
  return [...shown, ...(left > 0 ? [`  … and ${left} more`] : [])].join('\n');
}

function areSo(found: readonly Candidate[]): string {
  return `${counted(found.length, 'line')} ${found.length === 1 ? 'is' : 'are'} so:`;
}

function examples(found: readonly Candidate[]): string {
  const shown = found.slice(0, EXAMPLES_MAX).map(({ entry }) => `  ${lineText(entry)}`);
  const left = found.length - EXAMPLES_MAX;
  return [...shown, ...(left > 0 ? [`  … and ${left} more`] : [])].join('\n');
}
