/**
 * What differs between two profiles, in words. Two runs of the same work never give the same numbers: what stays within the tolerances is
 * no difference. What is there in one alone always is.
 */

import type { Call, Metric, Operation, Pattern, Profile } from './profile.ts';
import { numberText, percentText, secondsText } from './words.ts';

/** `worse` and `better` as far as one can say; `changed` otherwise. */
export type Judgement = 'worse' | 'better' | 'changed';

export interface Difference {
  readonly signal: 'traces' | 'logs' | 'metrics';
  readonly kind:
    | 'operation_new'
    | 'operation_gone'
    | 'errors'
    | 'duration'
    | 'count'
    | 'call_new'
    | 'call_gone'
    | 'call_count'
    | 'pattern_new'
    | 'pattern_gone'
    | 'metric_new'
    | 'metric_gone'
    | 'metric_count';
  readonly judgement: Judgement;
  /** What it is about. */
  readonly subject: string;
  readonly before: string;
  readonly after: string;
}

export interface Tolerances {
  /** Factor between two durations or counts, above 1. */
  readonly factor: number;
  /** Between two parts of failed spans, 0 to 1. */
  readonly errorPart: number;
  /** Fewer spans, lines or counts than this in both say nothing of their number. */
  readonly least: number;
}

export const DEFAULT_TOLERANCES: Tolerances = { factor: 1.5, errorPart: 0.01, least: 10 };
/** Durations below are the machine's noise. */
const DURATION_MIN_SECONDS = 0.005;
/** Calls below one parent: less than this between two averages is chance. */
const CALLS_MIN = 0.5;
const BAD_LEVEL = /^(error|fatal|critical|warn)/i;
const NOTHING = '–';

/** Worse ones first; within those by what they are about. */
export function differences(
  before: Profile,
  after: Profile,
  tolerances: Tolerances = DEFAULT_TOLERANCES,
): readonly Difference[] {
  const found = [
    ...operationDifferences(before.operations, after.operations, tolerances),
    ...callDifferences(before.calls, after.calls, tolerances),
    ...patternDifferences(before.patterns, after.patterns),
    ...metricDifferences(before.metrics, after.metrics, tolerances),
  ];
  const order: readonly Judgement[] = ['worse', 'changed', 'better'];
  const rank = ({ judgement }: Difference) => order.indexOf(judgement);
  return found.sort((a, b) => rank(a) - rank(b) || compareText(a.subject, b.subject));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Every key of either side, with what each side has there. */
function* pairs<T>(before: readonly T[], after: readonly T[], key: (item: T) => string) {
  const left = new Map(before.map((item) => [key(item), item]));
  const right = new Map(after.map((item) => [key(item), item]));
  for (const [k, item] of left) yield { was: item, is: right.get(k) };
  for (const [k, item] of right) if (!left.has(k)) yield { was: undefined, is: item };
}

function isFar(was: number, is: number, factor: number): boolean {
  return Math.max(was, is) > Math.min(was, is) * factor;
}

function* operationDifferences(
  before: readonly Operation[],
  after: readonly Operation[],
  tolerances: Tolerances,
): Generator<Difference> {
  const signal = 'traces';
  const key = ({ service, name, kind }: Operation) => JSON.stringify([service, name, kind]);
  for (const { was, is } of pairs(before, after, key)) {
    const { service, name, kind } = (was ?? is)!;
    const subject = `${service}: ${name} (${kind})`;
    const count = (one: Operation | undefined) => (one ? `${numberText(one.count)} spans` : NOTHING);
    const counts = { before: count(was), after: count(is) };
    if (!was || !is) {
      const judgement = !was && is!.errors > 0 ? 'worse' : 'changed';
      yield { signal, kind: was ? 'operation_gone' : 'operation_new', judgement, subject, ...counts };
      continue;
    }
    yield* failureDifference(was, is, subject, tolerances);
    const isSlow = Math.max(was.p95Seconds, is.p95Seconds) >= DURATION_MIN_SECONDS;
    if (isSlow && isFar(was.p95Seconds, is.p95Seconds, tolerances.factor)) {
      const judgement = is.p95Seconds > was.p95Seconds ? 'worse' : 'better';
      const [a, b] = [was, is].map(({ p95Seconds }) => `p95 ${secondsText(p95Seconds)}`) as [string, string];
      yield { signal, kind: 'duration', judgement, subject, before: a, after: b };
    }
    const isMany = Math.max(was.count, is.count) >= tolerances.least;
    if (isMany && isFar(was.count, is.count, tolerances.factor)) {
      yield { signal, kind: 'count', judgement: 'changed', subject, ...counts };
    }
  }
}

function* failureDifference(
  was: Operation,
  is: Operation,
  subject: string,
  { errorPart }: Tolerances,
): Generator<Difference> {
  const [a, b] = [was.errors / was.count, is.errors / is.count];
  if (Math.abs(a - b) <= errorPart) return;
  const words = (one: Operation, part: number) =>
    `${percentText(part)} failed (${numberText(one.errors)} of ${numberText(one.count)})`;
  const judgement = b > a ? 'worse' : 'better';
  yield { signal: 'traces', kind: 'errors', judgement, subject, before: words(was, a), after: words(is, b) };
}

function* callDifferences(
  before: readonly Call[],
  after: readonly Call[],
  { factor }: Tolerances,
): Generator<Difference> {
  const signal = 'traces';
  const key = ({ root, parent, child }: Call) => JSON.stringify([root, parent, child]);
  // Where the whole trace is new or gone, its operations say so.
  const roots = (calls: readonly Call[]) => new Set(calls.map(({ root }) => root));
  const [rootsBefore, rootsAfter] = [roots(before), roots(after)];
  for (const { was, is } of pairs(before, after, key)) {
    const { root, parent, child } = (was ?? is)!;
    if (!rootsBefore.has(root) || !rootsAfter.has(root)) continue;
    const within = root === parent ? '' : `, in traces of ${root}`;
    const subject = `${parent} → ${child}${within}`;
    const words = (call: Call | undefined) => (call ? `×${numberText(call.perParent)}` : NOTHING);
    const told = { signal, subject, before: words(was), after: words(is) } as const;
    if (!was || !is) {
      yield { ...told, kind: was ? 'call_gone' : 'call_new', judgement: 'changed' };
    } else if (
      isFar(was.perParent, is.perParent, factor) &&
      Math.abs(was.perParent - is.perParent) >= CALLS_MIN
    ) {
      yield { ...told, kind: 'call_count', judgement: is.perParent > was.perParent ? 'worse' : 'better' };
    }
  }
}

function* patternDifferences(before: readonly Pattern[], after: readonly Pattern[]): Generator<Difference> {
  const key = ({ service, level, pattern }: Pattern) => JSON.stringify([service, level, pattern]);
  for (const { was, is } of pairs(before, after, key)) {
    if (was && is) continue;
    const { service, level, pattern } = (was ?? is)!;
    const words = (one: Pattern | undefined) => (one ? `${numberText(one.count)} lines` : NOTHING);
    const isBad = BAD_LEVEL.test(level);
    yield {
      signal: 'logs',
      kind: was ? 'pattern_gone' : 'pattern_new',
      judgement: !isBad ? 'changed' : was ? 'better' : 'worse',
      subject: `${service} [${level || 'unknown'}] ${pattern}`,
      before: words(was),
      after: words(is),
    };
  }
}

function* metricDifferences(
  before: readonly Metric[],
  after: readonly Metric[],
  { factor, least }: Tolerances,
): Generator<Difference> {
  const signal = 'metrics';
  for (const { was, is } of pairs(before, after, ({ name }) => name)) {
    const subject = (was ?? is)!.name;
    const words = (one: Metric | undefined) => (one ? `${numberText(one.series)} series` : NOTHING);
    if (!was || !is) {
      const kind = was ? 'metric_gone' : 'metric_new';
      yield { signal, kind, judgement: 'changed', subject, before: words(was), after: words(is) };
      continue;
    }
    const [a, b] = [was.increase ?? 0, is.increase ?? 0];
    if (Math.max(a, b) < least || !isFar(a, b, factor)) continue;
    const [x, y] = [a, b].map((value) => `+${numberText(value)}`) as [string, string];
    yield { signal, kind: 'metric_count', judgement: 'changed', subject, before: x, after: y };
  }
}
