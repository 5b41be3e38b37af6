/** `toHaveTrace`: looks for a tree of spans, and shows where the trace that comes nearest differs. */

import type { Span, Trace } from '../../client/answer.ts';
import type { Questions } from '../sink.ts';
import { nothingArrived, refusals } from './arrivals.ts';
import { askedRows } from './asked.ts';
import type { Check } from './check.ts';
import type { ExpectedNumber, ShapeOptions, TraceOptions, TraceShape } from './expectations.ts';
import { judgeNumber } from './expected.ts';
import { counted, differences, type Ink, indent, paragraphs } from './message.ts';
import { spanQuery } from './narrow.ts';
import type { SpanTree } from './span-tree.ts';
import { nearTrees, thereAre, treesOf } from './spans.ts';
import { type Placed, placeShape } from './trace-shape.ts';
import { spanText, treeLines } from './tree-text.ts';

const TRACES_MAX = 1000;
/** Expected spans that are drawn. */
const LINES_MAX = 40;

export function traceCheck(sink: Questions, shape: TraceShape, options: TraceOptions): Check<Trace> {
  const expected = typeof shape === 'string' ? { name: shape } : shape;
  const query = spanQuery(expected);
  const { count } = options;
  let found: { tree: SpanTree; placed: Placed }[] = [];
  return {
    name: 'toHaveTrace',
    signal: 'traces',
    look: async () => {
      found = placeAll(await treesOf(sink, [query], TRACES_MAX), shape, options).filter(
        ({ placed }) => placed.fulfilled,
      );
      return count === undefined ? found.length > 0 : judgeNumber(count, found.length).ok;
    },
    found: () => found.map(({ tree }) => tree.trace),
    missing: async (ink) => {
      const trees = await nearTrees(sink, expected);
      const asked = `Expected: ${asking(options)}\n${drawShape(shape, ink)}`;
      if (trees.length === 0) {
        return paragraphs(asked, 'There is no span.', await nothingArrived(sink, 'traces'));
      }
      const placed = placeAll(trees, shape, options).sort((a, b) => b.placed.score - a.placed.score);
      const told =
        found.length > 0
          ? `${counted(found.length, 'trace')} ${found.length === 1 ? 'is' : 'are'} so, ${askedCount(count)} expected`
          : drawNearest(placed[0]!, ink);
      return paragraphs(asked, thereAre(trees), told, await refusals(sink));
    },
    present: async (ink) => {
      const { tree, placed } = found[0]!;
      const asked = `Expected not: ${asking(options)}\n${drawShape(shape, ink)}`;
      return paragraphs(
        asked,
        `${counted(found.length, 'trace')} like this:\n${indent(drawTree(tree, placed))}`,
      );
    },
  };
}

function placeAll(trees: readonly SpanTree[], shape: TraceShape, options: ShapeOptions) {
  return trees.map((tree) => ({ tree, placed: placeShape(shape, tree, options) }));
}

function asking({ exact, count }: TraceOptions): string {
  const many = count === undefined ? 'a trace' : `${askedCount(count)} traces`;
  return `${many} ${exact ? 'of exactly these spans' : 'that contains'}`;
}

function askedCount(count: ExpectedNumber | undefined): string {
  return count === undefined ? '' : askedRows({ count })[0]![1];
}

function drawShape(shape: TraceShape, ink: Ink): string {
  const lines: string[] = [];
  const draw = (one: TraceShape, depth: number) => {
    const { children = [], ...expected } =
      typeof one === 'string' ? { name: one, children: [] as readonly TraceShape[] } : one;
    lines.push(`${'  '.repeat(depth + 1)}${ink.expected(shapeText(expected))}`);
    for (const child of children) draw(child, depth + 1);
  };
  draw(shape, 0);
  return bounded(lines).join('\n');
}

/** `"POST /orders", service: "shop"` */
function shapeText({ name, ...others }: { readonly name?: unknown }): string {
  const named = name === undefined ? [] : [askedRows({ name })[0]![1]];
  const rest = askedRows(others).map(([path, text]) => `${path}: ${text}`);
  return [...named, ...rest].join(', ') || 'any span';
}

/** The shape again, each span of it with what it is in the trace, and the trace beside it. */
function drawNearest({ tree, placed }: { tree: SpanTree; placed: Placed }, ink: Ink): string {
  const lines: string[] = [];
  let total = 0;
  let held = 0;
  const draw = (one: Placed, depth: number, isBelowMissing: boolean) => {
    const lead = '  '.repeat(depth);
    const isHeld = one.span !== undefined && one.fields.every(({ ok }) => ok);
    total++;
    if (isHeld) held++;
    const text = shapeText(one.expected);
    if (one.span === undefined) {
      lines.push(`${lead}✗ ${ink.expected(text)}${isBelowMissing ? '' : ink.actual('  is missing')}`);
    } else if (isHeld) lines.push(`${lead}✓ ${text}`);
    else {
      lines.push(
        `${lead}✗ ${ink.expected(text)}`,
        indent(ink.actual(`is ${spanText(one.span)}`), `${lead}    `),
      );
      lines.push(indent(differences(one.fields, ink), `${lead}      `));
    }
    for (const child of one.children) draw(child, depth + 1, one.span === undefined);
    for (const span of one.extra) {
      lines.push(`${lead}  ✗ ${ink.actual(spanText(span))}  is more than was expected`);
    }
  };
  draw(placed, 0, false);
  return `Nearest (${held} of ${counted(total, 'span')} hold):\n${indent(bounded(lines).join('\n'))}\n  ${ink.dim(`in trace ${tree.traceId}`)}\n${indent(drawTree(tree, placed), '    ')}`;
}

function drawTree(tree: SpanTree, placed: Placed): string {
  const standing = new Set<Span>();
  const collect = (one: Placed) => {
    if (one.span) standing.add(one.span);
    one.children.forEach(collect);
  };
  collect(placed);
  return treeLines(tree, (span) => (span === placed.span ? '  ← here' : '')).join('\n');
}

function bounded(lines: readonly string[]): string[] {
  const left = lines.length - LINES_MAX;
  return left > 0 ? [...lines.slice(0, LINES_MAX), `… ${left} more lines`] : [...lines];
}
