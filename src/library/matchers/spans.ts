/** `toHaveSpan`: looks for spans, and tells of those that come nearest. */

import type { Span } from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { nothingArrived, refusals } from './arrivals.ts';
import type { Check } from './check.ts';
import type { CountedSpans, SpanExpectation } from './expectations.ts';
import { judgeNumber } from './expected.ts';
import { type Field, holds } from './field.ts';
import { counted, type Ink, indent, paragraphs, tally, wanted } from './message.ts';
import { spanQuery } from './narrow.ts';
import { nearestOf, toldOf } from './nearest.ts';
import { spanFields } from './span-expectation.ts';
import { SpanTree } from './span-tree.ts';
import { spanText, treeLines } from './tree-text.ts';

/** Of more traces the newest are looked at. */
const TRACES_MAX = 1000;
/** For a message: for each part of what was asked for, and of all. */
const TRACES_NEAR = 200;
/** Asked for at a time. */
const AT_ONCE = 16;
/** Traces that are drawn of what was found. */
const EXAMPLES_MAX = 3;

interface Candidate {
  readonly span: Span;
  readonly tree: SpanTree;
  readonly fields: readonly Field[];
}

export function spanCheck(sink: Questions, expectation: CountedSpans | string): Check<Span> {
  const whole: CountedSpans = typeof expectation === 'string' ? { name: expectation } : expectation;
  const { count, ...expected } = whole;
  const query = spanQuery(expected);
  let found: Candidate[] = [];
  return {
    name: 'toHaveSpan',
    signal: 'traces',
    look: async () => {
      found = candidates(await treesOf(sink, [query], TRACES_MAX), expected).filter((c) => holds(c.fields));
      return count === undefined ? found.length > 0 : judgeNumber(count, found.length).ok;
    },
    found: () => found.map(({ span }) => span),
    missing: async (ink) => missing(sink, whole, found, ink),
    present: async (ink) => present(whole, found, ink),
  };
}

/** Whole traces that any of the queries select, by their start. */
export async function treesOf(
  sink: Questions,
  queries: readonly string[],
  limit: number,
): Promise<SpanTree[]> {
  const ids = new Set<string>();
  for (const query of queries) {
    const answer = await sink.traceql(query, { limit, spansPerSet: 1 });
    if (answer.kind === 'traces') for (const { traceId } of answer.traces) ids.add(traceId);
  }
  const trees: SpanTree[] = [];
  const all = [...ids];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const traces = await Promise.all(all.slice(i, i + AT_ONCE).map((id) => sink.trace(id)));
    trees.push(...traces.filter((trace) => trace !== undefined).map((trace) => new SpanTree(trace)));
  }
  return trees.sort((a, b) => byStart(a.spans[0]!, b.spans[0]!));
}

function byStart(a: Span, b: Span): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return a.traceId === b.traceId ? (a.spanId < b.spanId ? -1 : 1) : a.traceId < b.traceId ? -1 : 1;
}

function candidates(trees: readonly SpanTree[], expected: SpanExpectation): Candidate[] {
  return trees.flatMap((tree) =>
    tree.spans.map((span) => ({ span, tree, fields: spanFields(expected, span, tree) })),
  );
}

/** All traces where there are few; of many those that one part of the expectation selects, and the newest. */
export function nearTrees(sink: Questions, { name, service }: SpanExpectation): Promise<SpanTree[]> {
  const parts = [
    ...(typeof name === 'string' ? [spanQuery({ name })] : []),
    ...(typeof service === 'string' ? [spanQuery({ service })] : []),
    '{}',
  ];
  return treesOf(sink, parts, TRACES_NEAR);
}

async function missing(
  sink: Questions,
  expectation: CountedSpans,
  found: readonly Candidate[],
  ink: Ink,
): Promise<string> {
  const { count: _, ...expected } = expectation;
  const trees = await nearTrees(sink, expected);
  const all = candidates(trees, expected);
  const asked = wanted('a span', expectation, ink);
  if (all.length === 0) {
    return paragraphs(asked, 'There is no span.', await nothingArrived(sink, 'traces'));
  }
  const isEnough = found.length > 0;
  return paragraphs(
    asked,
    `${isEnough ? `${counted(found.length, 'span')} ${found.length === 1 ? 'is' : 'are'} so. ` : ''}${thereAre(trees)}`,
    ...(isEnough ? examples(found, ink) : nearest(all, ink)),
    await refusals(sink),
  );
}

export function thereAre(trees: readonly SpanTree[]): string {
  const spans = trees.flatMap((tree) => tree.spans);
  const services = tally(spans.map(serviceOf));
  return `There ${spans.length === 1 ? 'is' : 'are'} ${counted(spans.length, 'span')} in ${counted(trees.length, 'trace')}: ${services}`;
}

function serviceOf({ resource }: Span): string {
  return String(resource['service.name'] ?? '(no service.name)');
}

function nearest(all: readonly Candidate[], ink: Ink): string[] {
  const near = nearestOf([...all].sort((a, b) => byStart(a.span, b.span)));
  if (near.length === 0) {
    return [`None comes near. Their names: ${tally(all.map(({ span }) => span.name))}`];
  }
  return near.map(({ span, tree, fields }, i) => {
    const told = toldOf(spanText(span), fields, i === 0, ink);
    return i === 0 ? `${told}\n${indent(drawn(tree, [span], 'nearest', ink))}` : told;
  });
}

function drawn(tree: SpanTree, marked: readonly Span[], word: string, ink: Ink): string {
  const lines = treeLines(tree, (span) => (marked.includes(span) ? `  ← ${word}` : ''));
  return [ink.dim(`in trace ${tree.traceId}`), indent(lines.join('\n'))].join('\n');
}

function examples(found: readonly Candidate[], ink: Ink): string[] {
  const byTree = Map.groupBy(found, ({ tree }) => tree);
  const shown = [...byTree].slice(0, EXAMPLES_MAX).map(([tree, own]) =>
    drawn(
      tree,
      own.map(({ span }) => span),
      'this one',
      ink,
    ),
  );
  const left = byTree.size - EXAMPLES_MAX;
  return left > 0 ? [...shown, `… and in ${counted(left, 'more trace')}`] : shown;
}

function present(expectation: CountedSpans, found: readonly Candidate[], ink: Ink): string {
  const asked = wanted('a span', expectation, ink, true);
  const are = `${counted(found.length, 'span')} ${found.length === 1 ? 'is' : 'are'} so:`;
  return paragraphs(asked, are, ...examples(found, ink));
}
