/** A shape finds its place in a trace, whatever the order of children, and large traces are drawn in few lines. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Span } from '../../../src/client/answer.ts';
import type { TraceShape } from '../../../src/library/matchers/expectations.ts';
import { SpanTree } from '../../../src/library/matchers/span-tree.ts';
import { placeShape } from '../../../src/library/matchers/trace-shape.ts';
import { treeLines } from '../../../src/library/matchers/tree-text.ts';

/** `a>b` is a span b below a; ids are names. */
function treeOf(...paths: readonly string[]): SpanTree {
  const spans = paths.map((path, i): Span => {
    const [parentSpanId, spanId] = path.includes('>') ? path.split('>') : ['', path];
    return {
      ...{ traceId: 't', spanId: spanId!, parentSpanId: parentSpanId!, name: spanId!.replace(/\d+$/, '') },
      ...{ kind: 'internal', status: 'unset', statusMessage: '', startNs: BigInt(i), endNs: BigInt(i) },
      ...{ attributes: {}, resource: {}, scope: { name: '', version: '' }, events: [], links: [] },
    };
  });
  return new SpanTree({ traceId: 't', spans });
}

const isFulfilled = (shape: TraceShape, tree: SpanTree, exact = false) =>
  placeShape(shape, tree, { exact }).fulfilled;

describe('a shape', () => {
  const tree = treeOf('root', 'root>a1', 'root>a2', 'a2>b', 'root>c');

  it('takes each span once, and gives way where another needs it', () => {
    // The first `a` alone has no `b`: whichever is placed first, the other finds its own.
    for (const children of [
      ['a', { name: 'a', children: ['b'] }],
      [{ name: 'a', children: ['b'] }, 'a'],
    ]) {
      assert.ok(isFulfilled({ name: 'root', children }, tree));
    }
    assert.equal(isFulfilled({ name: 'root', children: ['a', 'a', 'a'] }, tree), false);
    assert.ok(isFulfilled({ name: 'a', children: ['b'] }, tree), 'anywhere in the trace');
    assert.equal(isFulfilled({ name: 'root', children: ['b'] }, tree), false, 'a grandchild is no child');
  });

  it('is all there is where it is exact', () => {
    const children = ['c', { name: 'a', children: ['b'] }, 'a'];
    assert.ok(isFulfilled({ name: 'root', children }, tree, true));
    assert.equal(isFulfilled({ name: 'root', children: children.slice(1) }, tree, true), false);
    assert.equal(isFulfilled({ name: 'a', children: ['b'] }, tree, true), false);
    assert.equal(isFulfilled('x', treeOf('x', 'y'), true), false, 'a second root');
  });

  it('has what is missing and what is too much', () => {
    const placed = placeShape({ name: 'root', children: ['a', 'd'] }, treeOf('root', 'root>a'), {
      exact: true,
    });
    assert.deepEqual(
      placed.children.map(({ span, fulfilled }) => [span?.name, fulfilled]),
      [
        ['a', true],
        [undefined, false],
      ],
    );
    const more = placeShape('root', treeOf('root', 'root>a'), { exact: true });
    assert.deepEqual(
      more.extra.map(({ name }) => name),
      ['a'],
    );
  });

  it('that refers to itself is refused', () => {
    const shape: { name: string; children: TraceShape[] } = { name: 'x', children: [] };
    shape.children.push(shape);
    assert.throws(() => placeShape(shape, treeOf('y'), {}), /deeper than 100 spans/);
  });
});

describe('a drawn trace', () => {
  it('is cut around the span it is about', () => {
    const paths = ['root', 'root>mid', ...Array.from({ length: 300 }, (_, i) => `mid>leaf${i}`)];
    const lines = treeLines(treeOf(...paths), ({ spanId }) => (spanId === 'leaf200' ? '  ← here' : ''));
    assert.equal(lines.length, 2 + 1 + 6 + 1 + 8 + 1);
    assert.deepEqual(lines.slice(0, 3), ['root  0 ms', '└─ mid  0 ms', '… 194 more spans']);
    assert.equal(lines[9], '   ├─ leaf  0 ms  ← here');
    assert.equal(lines.at(-1), '… 91 more spans');
  });

  it('shows spans whose parent is missing, and ones that are each other’s parents', () => {
    assert.deepEqual(
      treeLines(treeOf('gone>a', 'c>b', 'b>c'), () => ''),
      ['a  0 ms  (its parent gone is missing)', 'b  0 ms  (its parent c is missing)', '└─ c  0 ms'],
    );
  });
});
