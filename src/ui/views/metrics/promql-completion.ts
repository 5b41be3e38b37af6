/**
 * Completion of PromQL: metrics with type and help, labels and values narrowed by what the query says already, functions,
 * keywords, durations. Where names come from is given, so that it can be tried without a server.
 */

import { quoted, quotedName } from '../../../model/correlate/labels.ts';
import { escaped } from '../../../model/correlate/service.ts';
import type { Completer, CompletionOption } from '../../editor/completion.ts';
import { familyOf, type MetricFamily, selectorOf } from './metric-family.ts';
import { type PromqlContext, promqlContext } from './promql-context.ts';
import { AGGREGATIONS, DURATIONS, FUNCTIONS, KEYWORDS, type PromqlFunction } from './promql-words.ts';

/** Names and values that fit a word, the best first; `selector` narrows, empty is everything. */
export interface NameSource {
  metrics(word: string): Promise<readonly string[]>;
  /** Types and help by the name of the family. */
  families(): Promise<ReadonlyMap<string, MetricFamily>>;
  labels(selector: string, word: string): Promise<readonly string[]>;
  values(label: string, selector: string, word: string): Promise<readonly string[]>;
}

export function promqlCompleter(source: NameSource): Completer {
  return async ({ text, at, isExplicit }) => {
    const context = promqlContext(text, at);
    if (!context) return undefined;
    // An empty word in an expression is where a query is thought about; elsewhere it is where something must stand.
    if (context.kind === 'expression' && context.word === '' && !isExplicit) return undefined;
    const { from, to } = context;
    return { from, to, options: await optionsFor(context, source, text) };
  };
}

async function optionsFor(
  context: PromqlContext,
  source: NameSource,
  text: string,
): Promise<readonly CompletionOption[]> {
  const { word } = context;
  switch (context.kind) {
    case 'expression': {
      const names = await metricOptions(source, word);
      return [...names, ...wordOptions(text.slice(context.to).startsWith('('))];
    }
    case 'duration':
      return durations(word);
    case 'label': {
      const names = await source.labels(context.selector, word);
      return names.map((name) => labelOption(name, '=""', 1));
    }
    case 'grouping': {
      const names = await source.labels(metricsSelector(context.metrics), word);
      return names.map((name) => labelOption(name, '', 0));
    }
    case 'value': {
      const values = await source.values(context.label, context.selector, word);
      return values.map((value) => ({ label: value, kind: 'value', insert: inQuotes(value, context.quote) }));
    }
    case 'quoted name': {
      const [metrics, labels] = await Promise.all([
        context.selector.includes('__name__=') ? [] : source.metrics(word),
        source.labels(context.selector, word),
      ]);
      const put = (label: string) => ({ label, insert: inQuotes(label, context.quote) });
      return [
        ...metrics.map((name) => ({ ...put(name), kind: 'metric' as const })),
        ...labels.map((name) => ({ ...put(name), kind: 'label' as const })),
      ];
    }
  }
}

async function metricOptions(source: NameSource, word: string): Promise<CompletionOption[]> {
  const [names, families] = await Promise.all([
    source.metrics(word),
    source.families().catch(() => new Map<string, MetricFamily>()),
  ]);
  return names.map((name) => {
    const { type, help } = familyOf(name, families);
    return {
      label: name,
      kind: 'metric',
      detail: type,
      ...(help === '' ? {} : { info: help }),
      ...(selectorOf(name) === name ? {} : { insert: selectorOf(name) }),
    };
  });
}

/** Functions are put in with their parentheses, the cursor between them, unless these stand there. */
function wordOptions(hasParenthesis: boolean): CompletionOption[] {
  const callable = ({ name, signature, help }: PromqlFunction, detail: string): CompletionOption => ({
    label: name,
    kind: 'function',
    detail,
    info: `${signature}\n${help}`,
    ...(hasParenthesis ? {} : { insert: `${name}()`, caretBack: 1 }),
  });
  return [
    ...FUNCTIONS.map((one) => callable(one, 'function')),
    ...AGGREGATIONS.map((one) => callable(one, 'aggregation')),
    ...KEYWORDS.map((label): CompletionOption => ({ label, kind: 'keyword' })),
  ];
}

function labelOption(name: string, behind: string, caretBack: number): CompletionOption {
  const written = quotedName(name);
  const changes = written !== name || behind !== '';
  return {
    label: name,
    kind: 'label',
    ...(changes ? { insert: written + behind } : {}),
    ...(caretBack > 0 ? { caretBack } : {}),
  };
}

/** A number that was begun takes any unit. */
function durations(word: string): CompletionOption[] {
  const number = /^\d+/.exec(word)?.[0];
  const labels = number === undefined ? DURATIONS : ['s', 'm', 'h', 'd', 'w'].map((unit) => number + unit);
  return labels.map((label) => ({ label, kind: 'value' }));
}

function metricsSelector(metrics: readonly string[]): string {
  return metrics.length === 0 ? '' : `{__name__=~${quoted(metrics.map(escaped).join('|'))}}`;
}

/** The text between its quotes. */
function inQuotes(text: string, quote: string): string {
  if (quote === '`') return text;
  const escaped = JSON.stringify(text).slice(1, -1);
  return quote === '"' ? escaped : escaped.replaceAll('\\"', '"').replaceAll("'", "\\'");
}
