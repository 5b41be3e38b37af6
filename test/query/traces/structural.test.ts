/** Structural operators on random trees, against their definitions span by span. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Relation, StructuralOperator } from '../../../src/query/lang/traceql/ast.ts';
import { buildTree, ROOT_PARENT, type SpanTree, UNCONNECTED } from '../../../src/query/traces/span-tree.ts';
import { structural } from '../../../src/query/traces/structural.ts';

/** Parents precede their children; some spans are roots, some are not connected, and so is all below those. */
const tree = fc
  .array(fc.tuple(fc.nat(5), fc.nat(1000)), { minLength: 1, maxLength: 14 })
  .map((choices): SpanTree => {
    const parents = new Int32Array(choices.length);
    choices.forEach(([kind, pick], i) => {
      const parent = kind === 0 || i === 0 ? ROOT_PARENT : kind === 1 ? UNCONNECTED : pick % i;
      parents[i] = parent >= 0 && parents[parent] === UNCONNECTED ? UNCONNECTED : parent;
    });
    const none = new Uint32Array(choices.length);
    return { parents, claimed: parents, left: none, right: none, childCounts: none };
  });

/** Whether `b` is the child, parent, … of `a`. */
function related(relation: Relation, { parents }: SpanTree, a: number, b: number): boolean {
  const under = (x: number, y: number): boolean =>
    parents[y]! >= 0 && (parents[y] === x || under(x, parents[y]!));
  switch (relation) {
    case '>':
      return parents[b] === a;
    case '<':
      return parents[a] === b;
    case '>>':
      return under(a, b);
    case '<<':
      return under(b, a);
    default:
      return a !== b && parents[a] === parents[b] && parents[a] !== UNCONNECTED;
  }
}

test('each operator finds what its definition says', () => {
  const mask = fc.array(fc.boolean(), { minLength: 14, maxLength: 14 });
  const relation = fc.constantFrom<Relation>('>', '<', '>>', '<<', '~');
  fc.assert(
    fc.property(
      tree,
      mask,
      mask,
      relation,
      fc.constantFrom('', '!', '&'),
      (spans, left, right, rel, mode) => {
        const n = spans.parents.length;
        const a = Uint8Array.from(left.slice(0, n), Number);
        const b = Uint8Array.from(right.slice(0, n), Number);
        const all = Array.from({ length: n }, (_, i) => i);
        const hasLeft = all.map((i) => all.some((x) => a[x] && related(rel, spans, x, i)));
        const hasRight = all.map((i) => all.some((x) => b[x] && related(rel, spans, i, x)));
        const expected = all.map((i) => {
          if (mode === '!') return b[i] && !hasLeft[i] ? 1 : 0;
          if (b[i] && hasLeft[i]) return 1;
          return mode === '&' && a[i] && hasRight[i] ? 1 : 0;
        });
        const actual = structural(`${mode}${rel}` as StructuralOperator, spans, a, b);
        assert.deepEqual([...actual], expected);
      },
    ),
    { numRuns: 1000 },
  );
});

type Half = readonly [id: string, parent: string, kind: 'client' | 'server' | 'internal'];

function parentsOf(spans: readonly Half[]): number[] {
  const tree = buildTree({
    count: spans.length,
    spanKey: (i) => spans[i]![0],
    parentKey: (i) => spans[i]![1],
    isRoot: (i) => spans[i]![1] === '',
    isServer: (i) => spans[i]![2] === 'server',
    isClient: (i) => spans[i]![2] === 'client',
  });
  return [...tree.parents];
}

test('of a shared id the server half is the parent, but the client half that of server spans', () => {
  const halves: readonly Half[] = [
    ['root', '', 'internal'],
    ['a', 'root', 'client'],
    ['a', 'root', 'server'],
  ];
  assert.deepEqual(parentsOf([...halves, ['b', 'a', 'internal']]), [ROOT_PARENT, 0, 0, 2]);
  assert.deepEqual(parentsOf([...halves, ['b', 'a', 'client']]), [ROOT_PARENT, 0, 0, 2]);
  assert.deepEqual(parentsOf([...halves, ['b', 'a', 'server']]), [ROOT_PARENT, 0, 0, 1]);
});

test('two spans that share an id and are no halves have no children', () => {
  const spans: readonly Half[] = [
    ['root', '', 'internal'],
    ['a', 'root', 'internal'],
    ['a', 'root', 'client'],
    ['b', 'a', 'internal'],
  ];
  assert.deepEqual(parentsOf(spans), [ROOT_PARENT, 0, 0, UNCONNECTED]);
});

test('a trace in which three spans share an id has no tree', () => {
  const spans: readonly Half[] = [
    ['root', '', 'internal'],
    ['a', 'root', 'client'],
    ['a', 'root', 'server'],
    ['a', 'root', 'internal'],
  ];
  assert.deepEqual(parentsOf(spans), [UNCONNECTED, UNCONNECTED, UNCONNECTED, UNCONNECTED]);
});
