/**
 * Assertions for `node:test` and whatever else knows nothing but errors: `await assertSpan(sink, { … })`. They wait as the
 * matchers do, reject with an `AssertionError`, and resolve to what was found.
 */

import { AssertionError } from 'node:assert';
import type {
  LogEntry,
  LogqlAnswer,
  PromqlAnswer,
  Span,
  Trace,
  TraceqlAnswer,
  VectorItem,
} from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { assertQuestions, type Check, runCheck } from './check.ts';
import type {
  AbsenceOptions,
  AnswerExpectation,
  CheckOptions,
  CountedLines,
  CountedSeries,
  CountedSpans,
  PresenceOptions,
  TraceOptions,
  TraceShape,
} from './expectations.ts';
import { logCheck } from './lines.ts';
import { type Ink, PLAIN_INK } from './message.ts';
import { queryCheck } from './queries.ts';
import { seriesCheck } from './series.ts';
import { spanCheck } from './spans.ts';
import { traceCheck } from './traces.ts';

export function assertSpan(
  sink: Questions,
  expected: CountedSpans | string,
  options?: PresenceOptions,
): Promise<readonly Span[]> {
  return present('assertSpan', sink, () => spanCheck(sink, expected), options);
}

export function assertNoSpan(
  sink: Questions,
  expected: CountedSpans | string,
  options?: AbsenceOptions,
): Promise<void> {
  return absent('assertNoSpan', sink, () => spanCheck(sink, expected), options);
}

export function assertTrace(
  sink: Questions,
  shape: TraceShape,
  options: PresenceOptions & TraceOptions = {},
): Promise<readonly Trace[]> {
  return present('assertTrace', sink, () => traceCheck(sink, shape, options), options);
}

export function assertNoTrace(
  sink: Questions,
  shape: TraceShape,
  options: AbsenceOptions & TraceOptions = {},
): Promise<void> {
  return absent('assertNoTrace', sink, () => traceCheck(sink, shape, options), options);
}

/** A string or pattern is the line's. */
export function assertLog(
  sink: Questions,
  expected: CountedLines | string | RegExp,
  options?: PresenceOptions,
): Promise<readonly LogEntry[]> {
  return present('assertLog', sink, () => logCheck(sink, expected), options);
}

export function assertNoLog(
  sink: Questions,
  expected: CountedLines | string | RegExp,
  options?: AbsenceOptions,
): Promise<void> {
  return absent('assertNoLog', sink, () => logCheck(sink, expected), options);
}

export function assertSeries(
  sink: Questions,
  expected: CountedSeries | string,
  options?: PresenceOptions,
): Promise<readonly VectorItem[]> {
  return present('assertSeries', sink, () => seriesCheck(sink, expected, 'assertSeries'), options);
}

export function assertNoSeries(
  sink: Questions,
  expected: CountedSeries | string,
  options?: AbsenceOptions,
): Promise<void> {
  return absent('assertNoSeries', sink, () => seriesCheck(sink, expected, 'assertNoSeries'), options);
}

export async function assertPromql(
  sink: Questions,
  query: string,
  options: PresenceOptions & AnswerExpectation = {},
): Promise<PromqlAnswer> {
  const found = await present(
    'assertPromql',
    sink,
    () => queryCheck(sink, 'promql', query, options),
    options,
  );
  return found[0] as PromqlAnswer;
}

export async function assertLogql(
  sink: Questions,
  query: string,
  options: PresenceOptions & AnswerExpectation = {},
): Promise<LogqlAnswer> {
  const found = await present('assertLogql', sink, () => queryCheck(sink, 'logql', query, options), options);
  return found[0] as LogqlAnswer;
}

export async function assertTraceql(
  sink: Questions,
  query: string,
  options: PresenceOptions & AnswerExpectation = {},
): Promise<TraceqlAnswer> {
  const found = await present(
    'assertTraceql',
    sink,
    () => queryCheck(sink, 'traceql', query, options),
    options,
  );
  return found[0] as TraceqlAnswer;
}

async function present<Found>(
  name: string,
  sink: Questions,
  make: () => Check<Found>,
  options: CheckOptions = {},
): Promise<readonly Found[]> {
  assertQuestions(sink, `${name}()`);
  const check = make();
  const { pass, message } = await runCheck(sink, check, options, { isNot: false, ink: inkOf(name) });
  if (!pass) throw new AssertionError({ message: message() });
  return check.found();
}

async function absent(
  name: string,
  sink: Questions,
  make: () => Check,
  options: CheckOptions = {},
): Promise<void> {
  assertQuestions(sink, `${name}()`);
  const { pass, message } = await runCheck(sink, make(), options, { isNot: true, ink: inkOf(name) });
  if (pass) throw new AssertionError({ message: message() });
}

/** Runners print messages as they are, into terminals and files. */
function inkOf(name: string): Ink {
  return { ...PLAIN_INK, hint: () => `${name}(sink, expected)` };
}
