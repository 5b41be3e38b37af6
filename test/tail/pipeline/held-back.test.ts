/** Stages that hold entries back: for more lines, for time, for a token. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TailEntry } from '../../../src/tail/pipeline/entry.ts';
import { entryOf, NOW, pipelineOf, run } from './run-pipeline.ts';

function collector(): { lines: string[]; sink: (entry: TailEntry) => void } {
  const lines: string[] = [];
  return { lines, sink: (entry) => void lines.push(entry.line) };
}

describe('multiline', () => {
  it('gives a block out when nothing came for max_wait_time', async () => {
    let now = NOW;
    const pipeline = await pipelineOf('- multiline: {firstline: "^S", max_wait_time: 2s}', {
      now: () => now,
    });
    const { lines, sink } = collector();
    await pipeline.push(entryOf('S1'), sink);
    now += 1500;
    await pipeline.push(entryOf('a'), sink);
    pipeline.tick(now + 1999, sink);
    assert.deepEqual(lines, []);
    pipeline.tick(now + 2000, sink);
    assert.deepEqual(lines, ['S1\na']);
    pipeline.tick(now + 9000, sink);
    assert.deepEqual(lines, ['S1\na']);
  });

  it('takes what follows a block that was given out for a block of the same first line', async () => {
    const pipeline = await pipelineOf('- multiline: {firstline: "^S"}\n- labels: {k: }');
    const out: TailEntry[] = [];
    const sink = (entry: TailEntry) => void out.push(entry);
    const first = entryOf('S1');
    first.timeMs = 7;
    await pipeline.push(first, sink);
    pipeline.tick(NOW + 3000, sink);
    await pipeline.push(entryOf('late'), sink);
    pipeline.flush(sink);
    assert.deepEqual(
      out.map((e) => [e.line, e.timeMs]),
      [
        ['S1', 7],
        ['late', 7],
      ],
    );
  });

  it('runs the stages behind it on what a tick gives out', async () => {
    const pipeline = await pipelineOf(
      '- match:\n    selector: "{app=\\"a\\"}"\n    stages: [{multiline: {firstline: "^S"}}]\n- replace: {expression: "(S)", replace: T}',
    );
    const { lines, sink } = collector();
    await pipeline.push(entryOf('S1', { app: 'a' }), sink);
    pipeline.tick(NOW + 3000, sink);
    assert.deepEqual(lines, ['T1']);
  });
});

describe('limit', () => {
  it('makes lines wait for their tokens, in order', async () => {
    let now = NOW;
    const turns: { readonly ms: number; readonly done: () => void }[] = [];
    const wait = (ms: number) => new Promise<void>((done) => turns.push({ ms, done }));
    const pipeline = await pipelineOf('- limit: {rate: 10, burst: 2}', { now: () => now, wait });
    const { lines, sink } = collector();
    assert.equal(pipeline.push(entryOf('1'), sink), undefined);
    assert.equal(pipeline.push(entryOf('2'), sink), undefined);
    const third = pipeline.push(entryOf('3'), sink);
    assert.ok(third instanceof Promise);
    assert.deepEqual(lines, ['1', '2']);
    assert.deepEqual(
      turns.map((t) => t.ms),
      [100],
    );
    now += 100;
    turns[0]!.done();
    await third;
    assert.deepEqual(lines, ['1', '2', '3']);
  });

  it('lets go of waiting lines at the end, once', async () => {
    const turns: (() => void)[] = [];
    const wait = () => new Promise<void>((done) => turns.push(done));
    const pipeline = await pipelineOf('- limit: {rate: 1, burst: 1}', { wait });
    const { lines, sink } = collector();
    void pipeline.push(entryOf('1'), sink);
    const second = pipeline.push(entryOf('2'), sink);
    pipeline.flush(sink);
    assert.deepEqual(lines, ['1', '2']);
    turns[0]!();
    await second;
    assert.deepEqual(lines, ['1', '2']);
  });

  it('fills up again as time goes by', async () => {
    let now = NOW;
    const pipeline = await pipelineOf('- limit: {rate: 2, burst: 1, drop: true}', { now: () => now });
    const { lines, sink } = collector();
    for (const [line, atMs] of [
      ['0', 0],
      ['499', 499],
      ['500', 500],
      ['900', 900],
    ] as const) {
      now = NOW + atMs;
      await pipeline.push(entryOf(line), sink);
    }
    assert.deepEqual(lines, ['0', '500']);
  });
});

describe('cri', () => {
  it('gives unfinished lines out at the end', async () => {
    const pipeline = await pipelineOf('- cri: {}');
    const lines = ['2026-01-01T00:00:00Z stdout P a', '2026-01-01T00:00:01Z stdout P b'].map((l) =>
      entryOf(l),
    );
    const out = await run(pipeline, lines);
    assert.deepEqual(
      out.map((e) => e.line),
      ['ab'],
    );
  });
});

describe('what is held back', () => {
  async function heldAfter(text: string, given: readonly string[]): Promise<string[]> {
    const wait = () => new Promise<void>(() => {});
    const pipeline = await pipelineOf(text, { wait });
    const names = new Map<TailEntry, string>();
    for (const line of given) {
      const entry = entryOf(line);
      names.set(entry, line);
      void pipeline.push(entry, () => {});
    }
    const held: string[] = [];
    pipeline.held((entry) => held.push(names.get(entry)!));
    return held;
  }
  const CRI = '2026-01-01T00:00:00Z stdout';

  const rows: [text: string, given: string[], want: string[]][] = [
    ['- multiline: {firstline: "^S"}', ['x', 'S1', 'a', 'S2', 'b'], ['S2']],
    ['- multiline: {firstline: "^S", max_lines: 2}', ['S1', 'a', 'b'], ['b']],
    ['- multiline: {firstline: "^S", max_lines: 2}', ['S1', 'a'], []],
    ['- cri: {}', [`${CRI} P a`, `${CRI} P b`], [`${CRI} P a`]],
    ['- cri: {}', [`${CRI} P a`, `${CRI} F b`], []],
    ['- limit: {rate: 1, burst: 1}', ['1', '2', '3'], ['2', '3']],
    ['- multiline: {firstline: "^S"}\n- limit: {rate: 1, burst: 1}', ['S1', 'S2', 'a', 'S3'], ['S3', 'S2']],
    [`- match: {selector: '{app!="x"}', stages: [{multiline: {firstline: "^S"}}]}`, ['S1'], ['S1']],
  ];
  for (const [text, given, want] of rows) {
    it(`${text.trim()} of ${given.join(', ')}`, async () =>
      assert.deepEqual(await heldAfter(text, given), want));
  }

  it('comes out as one of the entries that came in', async () => {
    const pipeline = await pipelineOf(
      '- multiline: {firstline: "^S", max_lines: 2}\n- static_labels: {x: y}',
    );
    const given = ['S1', 'a', 'b', 'c'].map((line) => entryOf(line, { app: 'z' }));
    const out = await run(pipeline, given);
    assert.deepEqual(
      out.map((entry) => [given.indexOf(entry), entry.line, Object.fromEntries(entry.labels)]),
      [
        [0, 'S1\na', { app: 'z', x: 'y' }],
        [2, 'b\nc', { app: 'z', x: 'y' }],
      ],
    );
  });
});

describe('what is held back', () => {
  it('is told of each source that lines of one entry come from', async () => {
    for (const [stages, line] of [
      ['- multiline: {firstline: "^S"}', (n: number) => (n === 0 ? 'S' : String(n))],
      ['- cri: {}', (n: number) => `2026-01-01T00:00:00Z stdout P ${n}`],
    ] as const) {
      const pipeline = await pipelineOf(stages);
      const [old, young] = [{}, {}];
      const entries = [old, old, young, young].map((source, n) => ({ ...entryOf(line(n)), source }));
      for (const entry of entries) await pipeline.push(entry, () => assert.fail('nothing is complete'));
      const held: TailEntry[] = [];
      pipeline.held((entry) => held.push(entry));
      assert.deepEqual(held, [entries[0], entries[2]], stages);
    }
  });
});
