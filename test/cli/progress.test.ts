/** The line of progress: how it looks, how often it is drawn, and that a pipeline's log gets one line of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { startProgress } from '../../src/cli/progress.ts';

function screen(isTTY: boolean, columns = 100) {
  const written: string[] = [];
  const clock = { ms: 0 };
  return {
    written,
    clock,
    options: {
      screen: { isTTY, columns, write: (text: string) => written.push(text) },
      now: () => clock.ms,
      isPlain: false,
    },
  };
}

test('a known total has a bar, a rate and what is left', () => {
  const { written, clock, options } = screen(true);
  const bar = startProgress('copying', { total: 2_000, unit: 'series', ...options });
  clock.ms = 1_000;
  bar.update(500);
  assert.equal(
    written.at(-1),
    '\r\x1b[2Kcopying ▕██████                  ▏  25 %  500 series (500/s)  3.0 s left',
  );
  clock.ms = 4_000;
  bar.update(2_000);
  bar.done();
  assert.equal(written.at(-1), '\r\x1b[2Kcopying: 2 000 series in 4.0 s (500/s)\n');
});

test('an unknown total counts, bytes have units', () => {
  const { written, clock, options } = screen(true);
  const bar = startProgress('reading', { unit: 'bytes', ...options });
  clock.ms = 2_000;
  bar.update(3 * 1024 * 1024);
  assert.equal(written.at(-1), '\r\x1b[2Kreading  3.0 MiB (1.5 MiB/s)  2.0 s');
});

test('it is drawn ten times a second at most, however often it is told', () => {
  const { written, clock, options } = screen(true);
  const bar = startProgress('working', { total: 1_000, unit: 'items', ...options });
  for (let i = 0; i < 1_000; i++) {
    clock.ms = i;
    bar.update(i);
  }
  assert.equal(written.length, 10);
});

test('without a terminal there is the last line alone, once', () => {
  const { written, options } = screen(false);
  const bar = startProgress('working', { total: 2, unit: 'items', ...options });
  bar.update(1);
  bar.update(2);
  bar.done('2 items');
  bar.done('again');
  assert.deepEqual(written, ['2 items\n']);
});

test('nothing is longer than the terminal is wide, whatever is told', () => {
  const number = fc.oneof(fc.nat(), fc.double({ min: 0 }), fc.constant(0));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), number, number, fc.nat(), (columns, done, total, ms) => {
      const { written, clock, options } = screen(true, columns);
      const bar = startProgress('a label of some length', { total, unit: 'things', ...options });
      clock.ms = ms;
      bar.update(done);
      assert.ok([...written[0]!.replace('\r\x1b[2K', '')].length < Math.max(2, columns));
    }),
  );
});
