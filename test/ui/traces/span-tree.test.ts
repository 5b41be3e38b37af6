/** Trees out of spans, honest and odd ones. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openRows, type SpanTree, spanTree } from '../../../src/ui/views/traces/span-tree.ts';
import { span } from './made-spans.ts';

/** `name depth` of every row. */
function shape({ rows }: SpanTree): string[] {
  return rows.map((row) => `${row.span.id} ${row.depth}`);
}

describe('a tree of spans', () => {
  test('has each span above its children, children by their start', () => {
    const tree = spanTree([
      span('late', 'root', 50, 10),
      span('root', '', 0, 100),
      span('leaf', 'early', 12, 5),
      span('early', 'root', 10, 20),
    ]);
    assert.deepEqual(shape(tree), ['root 0', 'early 1', 'leaf 2', 'late 1']);
    assert.deepEqual(
      tree.rows.map(({ size }) => size),
      [4, 2, 1, 1],
    );
    assert.equal(tree.depth, 3);
    assert.deepEqual(tree.notes, []);
  });

  test('counts errors below a closed branch', () => {
    const tree = spanTree([
      span('root', '', 0, 100),
      span('a', 'root', 1, 2),
      span('b', 'a', 1, 1, { status: 'error' }),
    ]);
    assert.deepEqual(
      tree.rows.map(({ errorsBelow }) => errorsBelow),
      [1, 1, 0],
    );
    assert.deepEqual(
      openRows(tree, ({ span: { id } }) => id === 'a'),
      [0, 1],
    );
    assert.deepEqual(
      openRows(tree, () => false),
      [0, 1, 2],
    );
  });

  test('keeps spans whose parent is missing, and says so', () => {
    const tree = spanTree([span('root', '', 0, 10), span('lost', 'nowhere', 2, 3)]);
    assert.deepEqual(shape(tree), ['root 0', 'lost 0']);
    assert.deepEqual(
      tree.rows.map(({ isOrphan }) => isOrphan),
      [false, true],
    );
    assert.match(tree.notes.join(), /1 span has a parent that is not in the trace/);
  });

  test('says that there are several roots', () => {
    assert.match(spanTree([span('a', '', 0, 1), span('b', '', 2, 1)]).notes.join(), /2 spans are roots/);
    // As many systems write that there is no parent.
    assert.deepEqual(spanTree([span('a', '0000000000000000', 0, 1)]).notes, []);
  });

  test("puts the server's half of a shared id below the client's", () => {
    const tree = spanTree([
      span('root', '', 0, 10),
      span('shared', 'root', 1, 8, { kind: 'client', name: 'call' }),
      span('shared', 'root', 2, 6, { kind: 'server', name: 'serve' }),
      span('work', 'shared', 3, 4),
    ]);
    assert.deepEqual(
      tree.rows.map((row) => `${row.span.name} ${row.depth}`),
      ['root 0', 'call 1', 'serve 2', 'work 3'],
    );
    assert.match(tree.notes.join(), /1 span has the id of another span/);
  });

  test('opens circles, also of a span with itself', () => {
    const tree = spanTree([span('a', 'b', 5, 1), span('b', 'a', 1, 1), span('self', 'self', 0, 1)]);
    assert.equal(tree.rows.length, 3);
    assert.deepEqual(shape(tree).slice(-2), ['b 0', 'a 1']);
    assert.match(tree.notes.join(), /1 circle of spans/);
  });

  test('tells of clocks that differ, and of spans that never ended', () => {
    const tree = spanTree([
      span('root', '', 10, 10),
      span('early', 'root', 3, 2),
      span('open', 'root', 12, 0, { hasEnded: false }),
    ]);
    assert.match(tree.notes.join(), /1 span begins before its parent, by up to 7 ms/);
    assert.match(tree.notes.join(), /1 span has no end/);
  });

  test('is deep without an end', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => span(`s${i}`, i === 0 ? '' : `s${i - 1}`, i, 1));
    assert.equal(spanTree(chain).depth, 20_000);
  });

  test('loses no span, whatever the parents are', () => {
    const id = fc.integer({ min: 0, max: 12 }).map((n) => (n === 0 ? '' : `s${n}`));
    const kind = fc.constantFrom('client' as const, 'server' as const, 'internal' as const);
    const spans = fc.array(
      fc
        .tuple(id, id, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), kind)
        .map(([own, parent, start, duration, of]) => span(own, parent, start, duration, { kind: of })),
      { maxLength: 24 },
    );
    fc.assert(
      fc.property(spans, (given) => {
        const { rows } = spanTree(given);
        assert.equal(new Set(rows.map((row) => row.span)).size, given.length);
        for (const { index, parent, depth, size } of rows) {
          assert.ok(parent < index);
          assert.equal(depth, parent < 0 ? 0 : rows[parent]!.depth + 1);
          assert.ok(rows.slice(index + 1, index + size).every((below) => below.depth > depth));
        }
      }),
    );
  });
});
