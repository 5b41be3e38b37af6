/** Own time, and the path that a trace waited for. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { criticalPath, selfTimes } from '../../../src/ui/views/traces/critical-path.ts';
import { spanTree } from '../../../src/ui/views/traces/span-tree.ts';
import type { Span } from '../../../src/ui/views/traces/spans.ts';
import { operationTimes, traceFacts } from '../../../src/ui/views/traces/trace-summary.ts';
import { span } from './made-spans.ts';

const ms = (ns: number) => ns / 1e6;

function pathOf(spans: readonly Span[]): string[] {
  const tree = spanTree(spans);
  return [...criticalPath(tree)]
    .flatMap(([row, stretches]) =>
      stretches.map(({ startNs, endNs }) => ({ id: tree.rows[row]!.span.id, startNs, endNs })),
    )
    .sort((a, b) => a.startNs - b.startNs)
    .map(({ id, startNs, endNs }) => `${id} ${ms(startNs)}-${ms(endNs)}`);
}

describe('the own time of a span', () => {
  test('is what no child covers, covered twice or beyond the end or not', () => {
    const tree = spanTree([
      span('root', '', 0, 100),
      span('a', 'root', 10, 20),
      span('b', 'root', 20, 20),
      span('inside', 'root', 22, 3),
      span('beyond', 'root', 90, 50),
    ]);
    assert.equal(ms(selfTimes(tree)[0]!), 60);
  });
});

describe('the critical path', () => {
  test('goes through the child that ended last, and the span between', () => {
    const spans = [span('root', '', 0, 100), span('a', 'root', 10, 20), span('b', 'root', 40, 50)];
    assert.deepEqual(pathOf(spans), ['root 0-10', 'a 10-30', 'root 30-40', 'b 40-90', 'root 90-100']);
  });

  test('leaves out what ran beside', () => {
    const spans = [span('root', '', 0, 100), span('slow', 'root', 10, 80), span('beside', 'root', 20, 30)];
    assert.deepEqual(pathOf(spans), ['root 0-10', 'slow 10-90', 'root 90-100']);
  });

  test('cuts children that outlast their parent', () => {
    const spans = [span('root', '', 0, 100), span('async', 'root', 60, 100)];
    assert.deepEqual(pathOf(spans), ['root 0-60', 'async 60-100']);
  });

  test('covers every moment of a root once', () => {
    const child = fc.tuple(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 60 }),
    );
    fc.assert(
      fc.property(fc.array(child, { maxLength: 10 }), (children) => {
        const spans = children.map(([parent, start, duration], i) =>
          span(`c${i}`, parent < i ? `c${parent}` : 'root', start, duration),
        );
        const tree = spanTree([span('root', '', 0, 100), ...spans]);
        const stretches = [...criticalPath(tree).values()].flat().sort((a, b) => a.startNs - b.startNs);
        let at = 0;
        for (const { startNs, endNs } of stretches) {
          assert.equal(startNs, at);
          at = endNs;
        }
        assert.equal(ms(at), 100);
      }),
    );
  });
});

describe('a trace in numbers', () => {
  const tree = spanTree([
    span('root', '', 0, 100, { service: 'shop' }),
    span('query', 'root', 10, 20, { service: 'db', status: 'error' }),
    span('query', 'nowhere', 40, 30, { service: 'db' }),
  ]);

  test('names the root, the services and the errors', () => {
    const { root, services, errorCount } = traceFacts(tree);
    assert.equal(root?.id, 'root');
    assert.deepEqual(services, [
      { service: 'db', spanCount: 2 },
      { service: 'shop', spanCount: 1 },
    ]);
    assert.equal(errorCount, 1);
  });

  test('adds up times by operation, the most own time first', () => {
    const times = operationTimes(tree, selfTimes(tree));
    assert.deepEqual(
      times.map((one) => [
        one.operation,
        one.spanCount,
        one.errorCount,
        ms(one.totalNs),
        ms(one.selfNs),
        ms(one.longestNs),
      ]),
      [
        ['root', 1, 0, 100, 80, 100],
        ['query', 2, 1, 50, 50, 30],
      ],
    );
  });
});
