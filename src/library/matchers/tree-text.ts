/** A trace drawn as a tree, a line for each span, cut around the one that a message is about. */

import type { Span } from '../../client/answer.ts';
import { shorten } from './expected.ts';
import { durationMsOf } from './span-expectation.ts';
import type { SpanTree } from './span-tree.ts';

/** Of larger traces the span's ancestors are shown, and so many lines before and after it. */
const LINES_BEFORE = 6;
const LINES_AFTER = 8;
/** Deeper ones are drawn at this depth. */
const DEPTH_MAX = 24;

interface Line {
  readonly span: Span;
  readonly text: string;
  readonly depth: number;
}

/** `shop: GET /orders  server  error  12.3 ms` */
export function spanText(span: Span): string {
  const service = span.resource['service.name'];
  const name = shorten(span.name === '' ? '(no name)' : span.name, 80);
  return [
    service === undefined ? name : `${service}: ${name}`,
    ...(span.kind === 'unspecified' || span.kind === 'internal' ? [] : [span.kind]),
    ...(span.status === 'unset' ? [] : [span.status]),
    `${durationMsOf(span)} ms`,
  ].join('  ');
}

/** `mark` says what stands behind a span, '' for nothing. */
export function treeLines(tree: SpanTree, mark: (span: Span) => string): string[] {
  const lines: Line[] = [];
  const drawn = new Set<Span>();
  const draw = (span: Span, lead: string, turn: string, depth: number) => {
    if (drawn.has(span)) return;
    drawn.add(span);
    const orphan =
      depth === 0 && span.parentSpanId !== '' ? `  (its parent ${span.parentSpanId} is missing)` : '';
    lines.push({ span, text: lead + turn + spanText(span) + orphan + mark(span), depth });
    const under = depth === 0 || depth > DEPTH_MAX ? lead : `${lead}${turn === '└─ ' ? '   ' : '│  '}`;
    const children = tree.childrenOf(span);
    children.forEach((child, i) => {
      draw(child, under, i === children.length - 1 ? '└─ ' : '├─ ', depth + 1);
    });
  };
  for (const root of tree.roots()) draw(root, '', '', 0);
  // Spans that are each other's parents have no root.
  for (const span of tree.spans) draw(span, '', '', 0);
  const marked = lines.findIndex(({ span }) => mark(span) !== '');
  return cut(lines, Math.max(0, marked));
}

function cut(lines: readonly Line[], at: number): string[] {
  const kept = new Set<number>();
  for (let i = at - LINES_BEFORE; i <= at + LINES_AFTER; i++) kept.add(i);
  let depth = lines[at]?.depth ?? 0;
  for (let i = at; i >= 0; i--) {
    if (lines[i]!.depth >= depth && i !== at) continue;
    kept.add(i);
    depth = lines[i]!.depth;
  }
  const shown: string[] = [];
  let left = 0;
  const told = () => {
    if (left > 0) shown.push(`… ${left} more ${left === 1 ? 'span' : 'spans'}`);
    left = 0;
  };
  lines.forEach(({ text }, i) => {
    if (!kept.has(i)) {
      left++;
      return;
    }
    told();
    shown.push(text);
  });
  told();
  return shown;
}
