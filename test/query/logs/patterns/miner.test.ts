/** The miner: examples, what holds for any lines, and its bounds. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Cluster } from '../../../../src/query/logs/patterns/cluster.ts';
import type { LineFormat } from '../../../../src/query/logs/patterns/line-format.ts';
import { PatternMiner } from '../../../../src/query/logs/patterns/miner.ts';

const ROOM = { admit: () => true };

function mine(
  format: LineFormat,
  lines: readonly string[],
): { miner: PatternMiner; of: (Cluster | undefined)[] } {
  const miner = new PatternMiner(format, ROOM, 30);
  const of = lines.map((line) => {
    const bytes = Buffer.from(line);
    return miner.add(bytes, 0, bytes.length, 0);
  });
  return { miner, of };
}

function templates(format: LineFormat, lines: readonly string[]): Record<string, number> {
  const { miner } = mine(format, lines);
  return Object.fromEntries(miner.clusters().map((c) => [c.template(format), c.lines]));
}

describe('templates', () => {
  it('have placeholders where lines differ', () => {
    const lines = ['user 17 logged in', 'user 18 logged in', 'user 17 logged out', 'disk 3 is full'];
    assert.deepEqual(templates('text', lines), { 'user <_> logged <_>': 3, 'disk 3 is full': 1 });
  });

  it('join neighbouring placeholders', () => {
    assert.deepEqual(templates('text', ['at (a1) we go', 'at (b2) we go', 'at [c3] we go']), {
      'at (<_>) we go': 2,
      'at [c3] we go': 1,
    });
    assert.deepEqual(templates('text', ['at 1(2) we go', 'at 3(4) we go']), { 'at <_>(<_>) we go': 2 });
    assert.deepEqual(templates('text', ['at 1,2 we go', 'at 3;4 we go']), {
      'at 1,2 we go': 1,
      'at 3;4 we go': 1,
    });
  });

  it('of logfmt name keys, and no times', () => {
    assert.deepEqual(templates('logfmt', ['ts=1 msg="a b" n=5', 'ts=2 msg="a b" n=6']), {
      'ts=<_> msg="a b" n=<_>': 2,
    });
  });

  it('of JSON are of messages', () => {
    const lines = ['{"msg":"took 5 ms again"}', '{"n":1,"msg":"took 7 ms again"}'];
    assert.deepEqual(templates('json', lines), { '<_>took <_> ms again<_>': 2 });
  });

  it('take differing white space into a placeholder', () => {
    assert.deepEqual(templates('text', ['INFO  a b c', 'INFO a b c']), { '<_>a b c': 2 });
    assert.deepEqual(templates('text', [' a b c d', '  a b c d']), { '<_> b c d': 2 });
    assert.deepEqual(templates('logfmt', ['a=1\tb=2', 'a=1\tb=2']), { 'a=<_>b=2': 2 });
  });
});

describe('a line', () => {
  it('is not needed any more when it was added', () => {
    const miner = new PatternMiner('text', ROOM, 30);
    const line = Buffer.from('one two three four');
    const cluster = miner.add(line, 0, line.length, 0)!;
    line.fill('x');
    assert.equal(cluster.template('text'), 'one two three four');
  });
});

/** Whether the line is text of the template's, with something for every placeholder. */
function fits(template: string, line: string): boolean {
  const parts = template.split('<_>').map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]+?')}$`, 'u').test(line);
}

const word = fc.constantFrom(
  'alpha',
  'beta',
  'gamma',
  'error',
  'x1',
  '22',
  '3.5ms',
  'ünï',
  '日本7',
  '“',
  '€',
);
const gap = fc.constantFrom(' ', ' ', ' ', '  ', ', ', ' (', '=');
const textLine = fc
  .array(fc.tuple(gap, word), { minLength: 3, maxLength: 9 })
  .map((parts) => parts.flat().join(''));
const pair = fc.tuple(
  fc.constantFrom('a', 'b', 'ts', 'level'),
  fc.constantFrom('1', '2', 'info', '"x y"', '"q\\"r"'),
);
const logfmtLine = fc
  .array(pair, { minLength: 1, maxLength: 5 })
  .chain((pairs) =>
    fc.constantFrom(' ', ' ', '  ', '\t').map((space) => pairs.map((p) => p.join('=')).join(space)),
  );

describe('any lines', () => {
  const cases: [LineFormat, fc.Arbitrary<string>][] = [
    ['text', textLine],
    ['logfmt', logfmtLine],
  ];
  for (const [format, line] of cases) {
    it(`of ${format} fit the patterns that they are counted for`, () => {
      fc.assert(
        fc.property(fc.array(line, { minLength: 1, maxLength: 40 }), (lines) => {
          const { of } = mine(format, lines);
          lines.forEach((text, i) => {
            const cluster = of[i];
            if (cluster)
              assert.ok(fits(cluster.template(format), text), `${cluster.template(format)} | ${text}`);
          });
        }),
      );
    });

    it(`of ${format} are counted alike in any order`, () => {
      const shuffled = fc
        .array(line, { minLength: 1, maxLength: 40 })
        .chain((lines) =>
          fc.shuffledSubarray(lines, { minLength: lines.length }).map((other) => [lines, other]),
        );
      fc.assert(
        fc.property(shuffled, ([lines, other]) => {
          const counted = (list: readonly string[]): number =>
            mine(format, list)
              .miner.clusters()
              .reduce((sum, c) => sum + c.lines, 0);
          assert.equal(counted(lines!), counted(other!));
          assert.equal(counted(lines!), mine(format, lines!).of.filter((c) => c).length);
        }),
      );
    });
  }
});

/** Lines of letters without any likeness: each founds a cluster. */
function unlike(i: number): string {
  const name = (n: number): string => n.toString(26).replace(/\d/g, (d) => 'qrstuvwxyz'[Number(d)]!);
  return [1, 2, 3, 4].map((k) => name(i * 7919 + k * 104_729)).join(' ');
}

describe('bounds', () => {
  it('hold however unlike lines are', () => {
    const { miner, of } = mine(
      'text',
      Array.from({ length: 5000 }, (_, i) => unlike(i)),
    );
    assert.ok(miner.clusters().length <= 300);
    assert.equal(of.at(-1), undefined);
  });

  it('keep what was seen often when its cluster makes room', () => {
    const often = 'this is seen often';
    const lines = [...Array(40).fill(often), ...Array.from({ length: 700 }, (_, i) => unlike(i))];
    const { miner } = mine('text', lines);
    const found = miner.clusters().find((c) => c.template('text') === often);
    assert.equal(found?.lines, 40);
  });

  it('are those of the query too', () => {
    let left = 3;
    const miner = new PatternMiner('text', { admit: () => left-- > 0 }, 30);
    const lines = Array.from({ length: 10 }, (_, i) => Buffer.from(unlike(i)));
    const counted = lines.filter((line) => miner.add(line, 0, line.length, 0)).length;
    assert.equal(miner.clusters().length, 3);
    assert.equal(counted, 3);
  });
});

describe('counts', () => {
  it('are by step', () => {
    const miner = new PatternMiner('text', ROOM, 30);
    const line = Buffer.from('one two three four');
    const steps = Array.from({ length: 100 }, (_, i) => Math.floor(i / 7));
    for (const step of steps) miner.add(line, 0, line.length, step);
    const counts: number[] = [];
    miner.clusters()[0]!.eachSample((step, count) => {
      counts[step] = count;
    });
    assert.deepEqual(counts, [...Array(14).fill(7), 2]);
  });
});
