/**
 * Matchers for Jest and Vitest: `expect.extend(matchers)`, then `await expect(sink).toHaveSpan({ … })`. Each also with `.not`,
 * which looks once, or watches for as long as `within` says.
 */

import type { Questions } from '../sink.ts';
import { assertQuestions, type Check, type Outcome, runCheck } from './check.ts';
import type {
  AnswerExpectation,
  CheckOptions,
  CountedSeries,
  SinkMatchers,
  TraceOptions,
  TraceShape,
} from './expectations.ts';
import { logCheck } from './lines.ts';
import type { Ink } from './message.ts';
import { type Language, queryCheck } from './queries.ts';
import { seriesCheck } from './series.ts';
import { spanCheck } from './spans.ts';
import { traceCheck } from './traces.ts';

/** What of a framework's `this` is used. */
export interface MatcherContext {
  readonly isNot?: boolean;
  readonly utils?: {
    readonly matcherHint?: (
      name: string,
      received: string,
      expected: string,
      options: { readonly isNot: boolean },
    ) => string;
    readonly EXPECTED_COLOR?: (text: string) => string;
    readonly RECEIVED_COLOR?: (text: string) => string;
    readonly DIM_COLOR?: (text: string) => string;
  };
}

type Matcher<Args extends readonly unknown[]> = (
  this: MatcherContext,
  sink: unknown,
  ...args: Args
) => Promise<Outcome>;

/** For `expect.extend`. */
export const matchers: {
  readonly [Name in keyof SinkMatchers]: Matcher<Parameters<SinkMatchers[Name]>>;
} = {
  toHaveSpan: matcher('toHaveSpan', spanCheck),
  toHaveTrace: matcher('toHaveTrace', (sink, shape: TraceShape, options: CheckOptions & TraceOptions = {}) =>
    traceCheck(sink, shape, options),
  ),
  toHaveLog: matcher('toHaveLog', logCheck),
  toHaveSeries: matcher('toHaveSeries', (sink, expected: CountedSeries | string) =>
    seriesCheck(sink, expected, 'toHaveSeries'),
  ),
  toHaveMetric: matcher('toHaveMetric', (sink, expected: CountedSeries | string) =>
    seriesCheck(sink, expected, 'toHaveMetric'),
  ),
  toMatchPromql: queryMatcher('toMatchPromql', 'promql'),
  toMatchLogql: queryMatcher('toMatchLogql', 'logql'),
  toMatchTraceql: queryMatcher('toMatchTraceql', 'traceql'),
};

function matcher<Expected, Options extends CheckOptions>(
  name: string,
  make: (sink: Questions, expected: Expected, options?: Options) => Check,
): Matcher<[expected: Expected, options?: Options]> {
  return function (sink, expected, options) {
    assertQuestions(sink, `expect(…).${name}()`);
    const check = make(sink, expected, options);
    return runCheck(sink, check, options ?? {}, { isNot: this.isNot ?? false, ink: inkOf(this) });
  };
}

function queryMatcher(name: string, language: Language) {
  return matcher(name, (sink, query: string, options: CheckOptions & AnswerExpectation = {}) =>
    queryCheck(sink, language, query, options),
  );
}

/** In the framework's own colours. */
function inkOf({ utils = {} }: MatcherContext): Ink {
  const plain = (text: string) => text;
  return {
    hint: (name, isNot) =>
      utils.matcherHint?.(name, 'sink', 'expected', { isNot }) ??
      `expect(sink)${isNot ? '.not' : ''}.${name}(expected)`,
    expected: utils.EXPECTED_COLOR ?? plain,
    actual: utils.RECEIVED_COLOR ?? plain,
    dim: utils.DIM_COLOR ?? plain,
  };
}
