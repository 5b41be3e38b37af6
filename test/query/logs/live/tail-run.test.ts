/** One tail: order, delay, what comes by both ways, frames, and a client that does not take them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Labels } from '../../../../src/model/labels.ts';
import { entryIdentity } from '../../../../src/query/logs/entry-identity.ts';
import { LineState } from '../../../../src/query/logs/line-state.ts';
import { decodeEntries, encodeEntries } from '../../../../src/query/logs/live/entry-batch.ts';
import type { TailedEntry, TailQuery } from '../../../../src/query/logs/live/tail-query.ts';
import { type DroppedEntry, TailRun } from '../../../../src/query/logs/live/tail-run.ts';
import { beginEntryAt } from '../../../../src/query/logs/scan.ts';
import { ManualClock } from '../../../scrape/manual-clock.ts';
import { logBatch, type TestEntry } from '../../../storage/batches.ts';

const NOW = 1_767_268_800_000;

class Follower {
  readonly clock = new ManualClock(NOW);
  readonly frames: { entries: readonly TailedEntry[]; dropped: readonly DroppedEntry[] }[] = [];
  readonly run: TailRun;

  constructor(query: Partial<TailQuery> = {}, delayMs = 0) {
    const whole = { text: '{app="a"}', contains: '', categorize: false, ...query };
    this.run = new TailRun(whole, delayMs, {
      clock: this.clock,
      send: (entries, dropped) => {
        this.frames.push({ entries, dropped });
        return 1000;
      },
    });
  }

  take(entries: readonly Partial<TestEntry>[]): void {
    for (const { stream, run } of runsOf(entries)) this.run.take(stream, run);
  }

  get lines(): string[] {
    return this.frames.flatMap(({ entries }) => entries.map(({ line }) => line));
  }
}

function wholeEntry(entry: Partial<TestEntry>): TestEntry {
  return { stream: { app: 'a' }, timeMs: NOW, timeNs: 0, line: 'line', metadata: [], ...entry };
}

function runsOf(entries: readonly Partial<TestEntry>[]) {
  const batch = logBatch(entries.map(wholeEntry));
  const ids = batch.streams.map((_, i) => i);
  const bytes = encodeEntries(batch, ids, new Uint32Array(ids.length).fill(1), false)!;
  return [...decodeEntries(bytes)].map((run) => ({ stream: batch.streams[run.streamId]!, run }));
}

/** What the backlog's reader says of these entries. */
function backlogOf(entries: readonly Partial<TestEntry>[]): TailedEntry[] {
  const state = new LineState();
  return runsOf(entries).flatMap(({ stream, run: { chunk, timesMs, timesNs } }) =>
    Array.from({ length: chunk.count }, (_, i) => {
      const at = { ms: timesMs[i]!, ns: timesNs[i]! };
      beginEntryAt(state, stream, chunk, i, at.ms, at.ns);
      return {
        ...at,
        line: state.text(),
        labels: stream.pairs,
        metadata: undefined,
        parsed: undefined,
        identity: entryIdentity(stream, chunk, i, state),
      };
    }),
  );
}

const numbered = (n: number, from = 0) =>
  Array.from({ length: n }, (_, i) => ({ timeMs: NOW - 1000 + from + i, line: `line ${from + i}` }));

describe('a tail', () => {
  test('shows the backlog first and what came by both ways once', async () => {
    const f = new Follower();
    // The same line at the same time, in another stream or with metadata, is another entry.
    const other = [
      { line: 'both', stream: { app: 'a', pod: 'x' } },
      { line: 'both', metadata: ['k', 'v'] },
      { line: 'both', timeNs: 1 },
    ];
    f.take([{ line: 'both' }, ...other, { line: 'live', timeMs: NOW - 5000 }]);
    await f.clock.advance(1000);
    assert.deepEqual(f.lines, []);
    f.run.backlog(backlogOf([{ line: 'old', timeMs: NOW - 9000 }, { line: 'both' }]));
    await f.clock.advance(1000);
    assert.deepEqual(f.lines, ['old', 'both', 'live', 'both', 'both', 'both']);
    // From now on nothing comes by both ways: an entry that is sent again shows again.
    f.take([{ line: 'both' }]);
    await f.clock.advance(1000);
    assert.equal(f.lines.length, 7);
  });

  test('knows entries by what they were, whatever its stages make of them', async () => {
    const f = new Follower({ text: '{app="a"} | line_format "same"' });
    f.take([{ line: 'one' }, { line: 'two' }]);
    f.run.backlog(backlogOf([{ line: 'one' }]).map((entry) => ({ ...entry, line: 'same' })));
    await f.clock.advance(1000);
    assert.deepEqual(f.lines, ['same', 'same']);
  });

  test('puts what comes together in order of time, across streams', async () => {
    const f = new Follower();
    f.run.backlog([]);
    f.take([
      { line: '3', timeMs: NOW - 10 },
      { line: '1', timeMs: NOW - 30 },
    ]);
    f.take([{ line: '2', timeMs: NOW - 20, stream: { app: 'a', pod: 'x' } }]);
    await f.clock.advance(100);
    assert.deepEqual(f.lines, ['1', '2', '3']);
    f.take([{ line: 'late', timeMs: NOW - 99_999_999 }]);
    await f.clock.advance(100);
    assert.deepEqual(f.lines, ['1', '2', '3', 'late']);
  });

  test('holds entries back for the delay, but not longer than that from their coming', async () => {
    const f = new Follower({}, 3000);
    f.run.backlog([]);
    f.take([
      { line: 'now', timeMs: NOW },
      { line: 'ago', timeMs: NOW - 2000 },
      { line: 'ahead', timeMs: NOW + 600_000 },
      { line: 'long ago', timeMs: NOW - 10_000 },
    ]);
    await f.clock.advance(100);
    assert.deepEqual(f.lines, ['long ago']);
    await f.clock.advance(1000);
    assert.deepEqual(f.lines, ['long ago', 'ago']);
    // One that comes late is not held up by those that wait.
    f.take([{ line: 'late', timeMs: NOW - 5000 }]);
    await f.clock.advance(100);
    assert.deepEqual(f.lines, ['long ago', 'ago', 'late']);
    await f.clock.advance(2000);
    assert.deepEqual(f.lines, ['long ago', 'ago', 'late', 'now', 'ahead']);
    assert.equal(f.clock.pending, 0);
  });

  test('frames hold at most 100 entries; ten may be on their way to the client', async () => {
    const f = new Follower();
    f.run.backlog(backlogOf(numbered(1500)));
    assert.deepEqual(
      f.frames.map(({ entries }) => entries.length),
      Array(10).fill(100),
    );
    f.take([{ line: 'live' }]);
    for (let i = 0; i < 5; i++) f.run.sent(1000);
    await f.clock.advance(100);
    assert.equal(f.frames.length, 15);
    f.run.sent(1000);
    assert.deepEqual(f.lines, [...numbered(1500).map(({ line }) => line), 'live']);
    assert.deepEqual(
      f.frames.flatMap(({ dropped }) => dropped),
      [],
    );
  });

  test('a client that takes nothing loses the newest and is told which', async () => {
    const f = new Follower();
    f.run.backlog([]);
    for (let i = 0; i < 30; i++) {
      f.take(numbered(500, 500 * i));
      await f.clock.advance(100);
    }
    assert.equal(f.frames.length, 10);
    // Ten frames, then as many as are kept; of the others a thousand are told of.
    for (let sent = 0; sent < f.frames.length; sent++) f.run.sent(1000);
    assert.deepEqual(
      f.lines,
      numbered(11_000).map(({ line }) => line),
    );
    const dropped = f.frames.map((frame) => frame.dropped);
    assert.deepEqual(
      dropped.map((list) => list.length).filter((n) => n > 0),
      [1000],
    );
    assert.deepEqual(dropped[10]![0], { ms: NOW - 1000 + 11_000, ns: 0, labels: ['app', 'a'] });
    f.take([{ line: 'again' }]);
    await f.clock.advance(100);
    assert.equal(f.lines.at(-1), 'again');
    assert.deepEqual(f.frames.at(-1)!.dropped, []);
  });

  test('long lines make frames of fewer entries, and a line longer than all that is kept is taken', async () => {
    const f = new Follower();
    f.run.backlog([]);
    f.take([{ line: 'x'.repeat(6_000_000) }]);
    await f.clock.advance(100);
    f.take(Array.from({ length: 5 }, () => ({ line: 'y'.repeat(600_000) })));
    await f.clock.advance(100);
    assert.deepEqual(
      f.frames.map(({ entries }) => entries.length),
      [1, 2, 2, 1],
    );
  });

  test('labels: of the stream alone where lines are only filtered, else all, or told apart', async () => {
    const shown = async (query: Partial<TailQuery>) => {
      const f = new Follower(query);
      f.run.backlog([]);
      f.take([{ line: 'level=info', metadata: ['trace', 't1'] }]);
      await f.clock.advance(100);
      const [{ labels, metadata, parsed }] = f.frames[0]!.entries as [TailedEntry];
      return { labels: Labels.fromSorted(labels).toObject(), metadata, parsed };
    };
    const none = { metadata: undefined, parsed: undefined };
    assert.deepEqual(await shown({}), { labels: { app: 'a' }, ...none });
    assert.deepEqual(await shown({ text: '{app="a"} |= "level"' }), { labels: { app: 'a' }, ...none });
    const all = { app: 'a', level: 'info', trace: 't1' };
    assert.deepEqual(await shown({ text: '{app="a"} | logfmt' }), { labels: all, ...none });
    assert.deepEqual(await shown({ text: '{app="a"} | logfmt', categorize: true }), {
      labels: { app: 'a' },
      metadata: ['trace', 't1'],
      parsed: ['level', 'info'],
    });
  });

  test('filters lines, by substring, by expression, by the label of an older client', async () => {
    for (const query of [
      { text: '{app="a"} |= "yes"' },
      { text: '{app="a"} |~ "y.s"' },
      { contains: 'y.s' },
      { text: '{app="a"} | logfmt | ok="1" or line="yes"' },
    ]) {
      const f = new Follower(query);
      f.run.backlog([]);
      f.take([{ line: 'no' }, { line: 'line=yes' }, { line: 'nor this' }]);
      await f.clock.advance(100);
      assert.deepEqual(f.lines, ['line=yes'], JSON.stringify(query));
    }
  });
});
