/** Expectations: what a test says of an answer, made into a check that tells why it does not hold. */

import type { LogqlAnswer, PromqlAnswer, Trace, TraceqlAnswer } from '../client/answer.ts';
import type { Comparison, Expectation } from './sink.ts';

export type AnyAnswer = PromqlAnswer | LogqlAnswer | TraceqlAnswer | Trace;

/** Undefined where it holds, else why it does not, in a few words. */
export type Check = (answer: AnyAnswer | undefined) => Promise<string | undefined>;

export interface CompiledExpectation {
  /** As it is shown. */
  readonly text: string;
  readonly check: Check;
}

type Test = (value: number) => boolean;

const COMPARISON = /^\s*(==|=|!=|<=|>=|<|>)?\s*([-+]?(?:\d[\d_]*\.?\d*(?:e[-+]?\d+)?|\.\d+|inf|nan))\s*$/i;

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => Object.is(a, b) || a === b,
  '!=': (a, b) => !(Object.is(a, b) || a === b),
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Throws `TypeError` where it is no comparison. */
function comparison(given: Comparison): { readonly text: string; readonly test: Test } {
  if (typeof given === 'number') return { text: String(given), test: (v) => OPERATORS['==']!(v, given) };
  const match = COMPARISON.exec(given);
  if (!match) throw new TypeError(`${JSON.stringify(given)} is no comparison: a number, or text as '>= 3'`);
  const [, sign = '==', digits] = match;
  const operator = sign === '=' ? '==' : sign;
  const number = toNumber(digits!);
  return { text: `${operator} ${number}`, test: (v) => OPERATORS[operator]!(v, number) };
}

function toNumber(text: string): number {
  const bare = text.toLowerCase().replaceAll('_', '');
  if (bare.endsWith('inf')) return bare.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(bare.endsWith('nan') ? Number.NaN : bare);
}

/** How many series, lines, traces or spans there are. */
export function countOf(answer: AnyAnswer | undefined): number {
  if (answer === undefined) return 0;
  if (!('kind' in answer)) return answer.spans.length;
  switch (answer.kind) {
    case 'vector':
      return answer.samples.length;
    case 'matrix':
      return answer.series.length;
    case 'entries':
      return answer.entries.length;
    case 'traces':
      return answer.traces.length;
    default:
      return 1;
  }
}

/** The values of an answer, of a range each series' last one; undefined where it has lines, traces or spans. */
export function valuesOf(answer: AnyAnswer): readonly number[] | undefined {
  if (!('kind' in answer)) return undefined;
  switch (answer.kind) {
    case 'scalar':
      return [answer.value];
    case 'vector':
      return answer.samples.map((sample) => sample.histogram?.count ?? sample.value);
    case 'matrix':
      return answer.series.flatMap(({ points, histograms }) => {
        const last = points.at(-1)?.value ?? histograms.at(-1)?.count;
        return last === undefined ? [] : [last];
      });
    default:
      return undefined;
  }
}

/** Throws `TypeError` where it is none. */
export function compileExpectation<A extends AnyAnswer>(
  expectation: Expectation<A> | undefined,
): CompiledExpectation {
  if (expectation === undefined) {
    return { text: 'not empty', check: async (a) => (countOf(a) > 0 ? undefined : 'nothing is there') };
  }
  if (typeof expectation === 'function') return byFunction(expectation);
  if (typeof expectation === 'object') {
    if ('count' in expectation) return byCount(expectation.count);
    if ('value' in expectation) return byValue(expectation.value);
    throw new TypeError('an expectation is a number, a comparison, { count }, { value } or a function');
  }
  const [count, value] = [byCount(expectation), byValue(expectation)];
  const check: Check = (a) => (a && valuesOf(a) ? value.check(a) : count.check(a));
  return { text: comparison(expectation).text, check };
}

function byCount(given: Comparison): CompiledExpectation {
  const { text, test } = comparison(given);
  const check: Check = async (answer) => {
    const count = countOf(answer);
    return test(count) ? undefined : `there are ${count}`;
  };
  return { text: `count ${text}`, check };
}

function byValue(given: Comparison): CompiledExpectation {
  const { text, test } = comparison(given);
  const check: Check = async (answer) => {
    const values = answer && valuesOf(answer);
    if (!values) return 'the answer has no values';
    if (values.length === 0) return 'there is no value';
    const wrong = values.find((value) => !test(value));
    return wrong === undefined ? undefined : `there is the value ${wrong}`;
  };
  return { text: `value ${text}`, check };
}

/** What the function throws says why the answer is not the one. */
function byFunction<A extends AnyAnswer>(holds: (answer: A) => unknown): CompiledExpectation {
  const check: Check = async (answer) => {
    if (answer === undefined) return 'nothing is there';
    try {
      return (await holds(answer as A)) === false ? 'the function returned false' : undefined;
    } catch (error) {
      // One of another realm (a test runner's sandbox) is no instance of ours.
      return (error as Partial<Error> | undefined)?.message ?? String(error);
    }
  };
  return { text: holds.name === '' ? 'that the function holds' : `that ${holds.name} holds`, check };
}
