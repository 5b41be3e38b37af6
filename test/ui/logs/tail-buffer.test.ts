/** Lines as they come in: what is kept, what waits, what a broken connection repeats. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TailFrame } from '../../../src/ui/api/loki-data.ts';
import { TailBuffer } from '../../../src/ui/views/logs/tail-buffer.ts';

const NS = 1_700_000_000_000_000_000n;

function frame(...lines: readonly (readonly [ns: number, line: string])[]): TailFrame {
  return {
    streams: lines.map(([ns, line]) => ({
      stream: { service_name: 'a', trace_id: 'x' },
      values: [[String(NS + BigInt(ns)), line]],
    })),
    dropped_entries: null,
  };
}

const isStreamLabel = (name: string) => name === 'service_name';
const linesOf = (buffer: TailBuffer) => buffer.view.rows.map(({ line }) => line);

describe('a tail', () => {
  test('tells labels of streams from the others, which are metadata or what the query found', () => {
    const buffer = new TailBuffer(isStreamLabel, false);
    buffer.take(frame([1, 'one']));
    const [row] = buffer.view.rows;
    assert.deepEqual(
      [row!.stream, row!.metadata, row!.parsed],
      [{ service_name: 'a' }, { trace_id: 'x' }, {}],
    );
    const parsing = new TailBuffer(isStreamLabel, true);
    parsing.take(frame([1, 'one']));
    assert.deepEqual(parsing.view.rows[0]!.parsed, { trace_id: 'x' });
  });

  test('keeps the newest lines and counts the others', () => {
    const buffer = new TailBuffer(isStreamLabel, false, 3);
    buffer.take(frame([1, 'a'], [2, 'b']));
    buffer.take(frame([3, 'c'], [4, 'd']));
    assert.deepEqual(linesOf(buffer), ['b', 'c', 'd']);
    assert.equal(buffer.view.goneCount, 1);
  });

  test('lets lines wait while it is paused, no more than it keeps', () => {
    const buffer = new TailBuffer(isStreamLabel, false, 3);
    buffer.take(frame([1, 'a']));
    buffer.pause();
    buffer.take(frame([2, 'b'], [3, 'c']));
    assert.deepEqual(linesOf(buffer), ['a']);
    assert.equal(buffer.view.waitingCount, 2);
    buffer.take(frame([4, 'd'], [5, 'e']));
    assert.equal(buffer.view.waitingCount, 3);
    buffer.resume();
    assert.deepEqual(linesOf(buffer), ['c', 'd', 'e']);
    assert.equal(buffer.view.goneCount, 2);
  });

  test('leaves out what a connection repeats from the newest moment on, and nothing else', () => {
    const buffer = new TailBuffer(isStreamLabel, false);
    assert.equal(buffer.newestNs, undefined);
    buffer.take(frame([1, 'a'], [2, 'b'], [2, 'c']));
    assert.equal(buffer.newestNs, String(NS + 2n));
    buffer.take(frame([2, 'b'], [2, 'c'], [2, 'new'], [3, 'd']));
    assert.deepEqual(linesOf(buffer), ['a', 'b', 'c', 'new', 'd']);
    // One that comes late.
    buffer.take(frame([1, 'late']));
    assert.equal(linesOf(buffer).at(-1), 'late');
  });

  test('counts what the server dropped', () => {
    const buffer = new TailBuffer(isStreamLabel, false);
    buffer.take({ streams: [], dropped_entries: [{}, {}] });
    buffer.take({ streams: [] });
    assert.equal(buffer.view.droppedCount, 2);
  });
});
