/** Layered pictures of graphs. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Link, layered } from '../../../src/ui/views/map/graph-layout.ts';

const SIZE = { nodeWidth: 100, nodeHeight: 40, gapX: 60, gapY: 20 };
const links = (text: string): Link[] =>
  text.split(' ').map((pair) => ({ from: pair.split('>')[0]!, to: pair.split('>')[1]! }));

function placed(text: string) {
  const all = links(text);
  const names = [...new Set(all.flatMap(({ from, to }) => [from, to]))];
  const layout = layered(names, all, SIZE);
  return { ...layout, at: (name: string) => layout.places.get(name)! };
}

describe('a layered picture', () => {
  test('has callers left of those they call', () => {
    const { at, width } = placed('a>b b>c a>c');
    assert.deepEqual([at('a').x, at('b').x, at('c').x], [0, 160, 320]);
    assert.equal(width, 420);
  });

  test('leads an edge over several layers past what is between', () => {
    const { at, paths } = placed('a>b b>c a>c');
    const bend = paths[2]!.find(({ x }) => x === 160)!;
    assert.ok(bend.y < at('b').y || bend.y > at('b').y + SIZE.nodeHeight);
  });

  test('has edges cross as little as can be', () => {
    const { at } = placed('a>d b>c');
    assert.ok(at('a').y < at('b').y === at('d').y < at('c').y);
  });

  test('puts a caller at the middle of those it calls', () => {
    const { at } = placed('a>b a>c a>d');
    const ys = ['b', 'c', 'd'].map((name) => at(name).y).sort((x, y) => x - y);
    assert.ok(Math.abs(at('a').y - ys[1]!) < 1);
  });

  test('takes circles, and calls of a service to itself', () => {
    const { at, paths } = placed('a>b b>c c>a c>c');
    assert.ok(at('a').x < at('b').x && at('b').x < at('c').x);
    // From c back to a.
    assert.ok(paths[2]![0]!.x > paths[2]!.at(-1)!.x);
    assert.deepEqual(paths[3], []);
  });

  test('is nothing for nothing', () => {
    const { width, height } = layered([], [], SIZE);
    assert.deepEqual([width, height], [0, 0]);
  });

  test('never lays two nodes over each other, nor outside, and is always the same', () => {
    const name = fc.integer({ min: 0, max: 9 }).map((n) => `n${n}`);
    const drawn = fc.array(fc.record({ from: name, to: name }), { maxLength: 24 });
    fc.assert(
      fc.property(drawn, (all) => {
        const names = [...new Set(all.flatMap(({ from, to }) => [from, to]))].sort();
        const { places, paths, width, height } = layered(names, all, SIZE);
        assert.equal(places.size, names.length);
        const points = [...places.values()];
        points.forEach((a, i) => {
          assert.ok(
            a.x >= 0 && a.y >= 0 && a.x + SIZE.nodeWidth <= width && a.y + SIZE.nodeHeight <= height + 1e-6,
          );
          for (const b of points.slice(i + 1))
            assert.ok(a.x !== b.x || Math.abs(a.y - b.y) >= SIZE.nodeHeight + SIZE.gapY - 1e-6);
        });
        assert.deepEqual(
          paths.map((path) => path.length > 0),
          all.map(({ from, to }) => from !== to),
        );
        assert.deepEqual(layered(names, all, SIZE), { places, paths, width, height });
      }),
    );
  });
});
