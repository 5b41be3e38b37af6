/** `toMatchPromql`, `toMatchLogql`, `toMatchTraceql`: a query finds something. */

import type { LogqlAnswer, PromqlAnswer, Series, TraceqlAnswer, VectorItem } from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { nothingArrived, refusals, type Signal } from './arrivals.ts';
import { askedRows } from './asked.ts';
import type { Check } from './check.ts';
import type { AnswerExpectation } from './expectations.ts';
import { judgeNumber, shorten } from './expected.ts';
import { labelsText } from './lines.ts';
import { counted, type Ink, indent, listed, paragraphs } from './message.ts';
import { metricsText, seriesText } from './series.ts';

export type Language = 'promql' | 'logql' | 'traceql';

type Answer = PromqlAnswer | LogqlAnswer | TraceqlAnswer;

const ITEMS_MAX = 8;
const SIGNALS: Readonly<Record<Language, Signal>> = { promql: 'metrics', logql: 'logs', traceql: 'traces' };
const MATCHERS: Readonly<Record<Language, string>> = {
  promql: 'toMatchPromql',
  logql: 'toMatchLogql',
  traceql: 'toMatchTraceql',
};

export function queryCheck(
  sink: Questions,
  language: Language,
  query: string,
  { count, value }: AnswerExpectation,
): Check<Answer> {
  let answer: Answer | undefined;
  const asked = (ink: Ink, isNot: boolean) => {
    const wanted = { ...(count !== undefined && { count }), ...(value !== undefined && { value }) };
    const rows = askedRows(wanted).map(([path, text]) => `${path} ${ink.expected(text)}`);
    const what = rows.length > 0 ? `an answer with ${rows.join(' and ')}` : 'an answer that is not empty';
    return `${isNot ? 'Expected not' : 'Expected'}: ${what}, to\n  ${ink.expected(query)}`;
  };
  return {
    name: MATCHERS[language],
    signal: SIGNALS[language],
    look: async () => {
      answer = await ask(sink, language, query);
      const items = valuesOf(answer);
      return (
        (count === undefined ? items.length > 0 : judgeNumber(count, items.length).ok) &&
        (value === undefined || items.every((item) => item !== undefined && judgeNumber(value, item).ok))
      );
    },
    found: () => (answer ? [answer] : []),
    missing: async (ink) =>
      paragraphs(asked(ink, false), ...(await instead(sink, language, query, answer)), await refusals(sink)),
    present: async (ink) => paragraphs(asked(ink, true), `The answer has\n${indent(answerText(answer!))}`),
  };
}

function ask(sink: Questions, language: Language, query: string): Promise<Answer> {
  if (language === 'promql') return sink.promql(query);
  return language === 'logql' ? sink.logql(query) : sink.traceql(query);
}

/** One for each thing in the answer, undefined where it has no number. */
function valuesOf(answer: Answer): (number | undefined)[] {
  switch (answer.kind) {
    case 'vector':
      return answer.samples.map(({ value, histogram }) => histogram?.count ?? value);
    case 'matrix':
      return answer.series.map(lastValue);
    case 'scalar':
      return [answer.value];
    case 'string':
      return [undefined];
    case 'entries':
      return answer.entries.map(() => undefined);
    case 'traces':
      return answer.traces.map(() => undefined);
  }
}

function lastValue({ points, histograms }: Series): number | undefined {
  return points.at(-1)?.value ?? histograms.at(-1)?.count;
}

async function instead(
  sink: Questions,
  language: Language,
  query: string,
  answer: Answer | undefined,
): Promise<string[]> {
  if (answer && valuesOf(answer).length > 0) return [`The answer has\n${indent(answerText(answer))}`];
  const names = await namesOf(sink, language);
  if (names.length === 0) {
    return ['The answer is empty, and nothing is there.', await nothingArrived(sink, SIGNALS[language])];
  }
  const empty = 'The answer is empty.';
  if (language === 'promql') {
    const wider = await withoutComparison(sink, query);
    return [empty, ...(wider ? [wider] : []), metricsText(names)];
  }
  return [empty, `There are the ${language === 'logql' ? 'streams' : 'services'} ${listed(names)}`];
}

async function namesOf(sink: Questions, language: Language): Promise<readonly string[]> {
  const inventory = await sink.inventory();
  if (language === 'promql') return inventory.metrics;
  return language === 'logql' ? inventory.streams.map(labelsText).sort() : inventory.services;
}

/** `up == 1` is empty where `up` is 0: what stands before the comparison tells more. */
async function withoutComparison(sink: Questions, query: string): Promise<string | undefined> {
  const { comparedSide } = await import('./compared-side.ts');
  const side = comparedSide(query);
  if (side === undefined) return undefined;
  const answer = await sink.promql(side);
  if (valuesOf(answer).length === 0) return `Nor is there anything of\n  ${side}`;
  return `Without the comparison ${side} has\n${indent(answerText(answer))}`;
}

function answerText(answer: Answer): string {
  const lines = answerLines(answer);
  const left = lines.length - ITEMS_MAX;
  return [...lines.slice(0, ITEMS_MAX), ...(left > 0 ? [`… and ${left} more`] : [])].join('\n');
}

function answerLines(answer: Answer): string[] {
  switch (answer.kind) {
    case 'vector':
      return answer.samples.map((item: VectorItem) => seriesText(item)).sort();
    case 'matrix':
      return answer.series.map((one) => `${labelsText(one.labels)} ${lastValue(one)}`).sort();
    case 'scalar':
      return [String(answer.value)];
    case 'string':
      return [JSON.stringify(answer.text)];
    case 'entries':
      return answer.entries.map(({ labels, line }) => `${labelsText(labels)} ${shorten(line)}`);
    case 'traces':
      return answer.traces.map(
        ({ rootServiceName, rootTraceName, traceId, spanSets }) =>
          `${rootServiceName}: ${rootTraceName}  ${counted(
            spanSets.reduce((sum, { matched }) => sum + matched, 0),
            'span',
          )} in trace ${traceId}`,
      );
  }
}
