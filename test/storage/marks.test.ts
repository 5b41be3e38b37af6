/**
 * Marks: what is seen since one is what a store has into which only the later data went, whatever is flushed, merged and
 * marked in between.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Matcher } from '../../src/model/matcher.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import { MARKS_MAX, Marks, markEpoch } from '../../src/storage/marks.ts';
import type { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import { logBatch, metricBatch, spanBatch, traceIdOf } from './batches.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const T = 1_767_268_800_000;
const ALL = { minMs: -8e15, maxMs: 8e15 };
const never = new AbortController().signal;

type Op =
  | { readonly do: 'sample' | 'exemplar' | 'metadata' | 'entry' | 'span'; readonly of: number }
  | { readonly do: 'mark' | 'flush' | 'compact' };

const of = fc.nat(2);
const op: fc.Arbitrary<Op> = fc.oneof(
  ...(['sample', 'exemplar', 'metadata', 'entry', 'span'] as const).map((kind) => ({
    weight: 2,
    arbitrary: fc.record({ do: fc.constant(kind), of }),
  })),
  { weight: 4, arbitrary: fc.constant({ do: 'mark' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'flush' as const }, { do: 'compact' as const }) },
);

const family = (n: number) => ({ __name__: `m${n}`, s: String(n) });

/** `at` makes each item another one. */
async function append(storage: LocalStorage, step: Op, at: number): Promise<void> {
  if (!('of' in step)) return;
  const timeMs = T + at * 1000;
  if (step.do === 'entry') {
    const entry = { stream: { app: `a${step.of}` }, timeMs, timeNs: 0, line: `line ${at}`, metadata: [] };
    await (await storage.logs.append(logBatch([entry]))).durable;
    return;
  }
  if (step.do === 'span') {
    const span = {
      service: 's',
      trace: step.of + 1,
      span: at + 1,
      startMs: timeMs,
      durationMs: 5,
      name: `op${at}`,
    };
    await (await storage.traces.append(spanBatch([span]))).durable;
    return;
  }
  const samples = step.do === 'sample' ? [{ labels: family(step.of), timestampMs: timeMs, value: at }] : [];
  const exemplar = { series: family(step.of), labels: { id: String(step.of) }, timestampMs: T, value: 1 };
  const said = { family: `m${step.of}`, type: 'gauge' as const, help: `about ${step.of}`, unit: '' };
  const batch = metricBatch(
    samples,
    step.do === 'exemplar' ? [exemplar] : [],
    step.do === 'metadata' ? [said] : [],
  );
  await (await storage.metrics.append(batch, { mode: 'partial' })).durable;
}

/** All that a reader tells. */
async function seen({ metrics, logs, traces }: ReaderStorage): Promise<unknown> {
  const samples: string[] = [];
  const columns = new SampleColumns();
  const cursor = await metrics.select({ matchers: [new Matcher('!=', 's', '')], ...ALL }, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      cursor.read(columns);
      for (let i = 0; i < columns.count; i++)
        samples.push(`${cursor.labels().get('s')} ${columns.timestamps[i]} ${columns.values[i]}`);
    }
  }
  const query = { matcherSets: [], ...ALL };
  const exemplars = await metrics.exemplars(query);
  const entries: string[] = [];
  const found = await logs.select({ matchers: [], direction: 'forward', ...ALL }, never);
  while (await found.nextBatch()) {
    while (found.next()) {
      const { count, lines, lineEnds } = found.chunk();
      let start = 0;
      for (let i = 0; i < count; i++) {
        entries.push(
          `${found.labels().get('app')} ${Buffer.from(lines).toString('utf8', start, lineEnds[i])}`,
        );
        start = lineEnds[i]!;
      }
    }
  }
  let volume = 0;
  const edges = [
    { ms: T - 1, ns: 0 },
    { ms: T + 1e9, ns: 0 },
  ];
  await logs.volume({ matchers: [], edges }, { add: (_s, _b, n) => (volume += n) }, never);
  const groups: string[] = [];
  const spans = await traces.select(ALL, never);
  while (await spans.nextBatch()) {
    while (spans.next()) {
      const { indexes, strings } = spans.group().names();
      for (const i of indexes) groups.push(strings[i]!);
    }
  }
  const { groupsOf } = await traces.lookup();
  const ids = [1, 2, 3].map((trace) => Buffer.from(traceIdOf(trace), 'hex'));
  const byId: number[] = [];
  for (const id of ids) {
    let n = 0;
    const own = await traces.trace(id, never);
    while (await own.nextBatch()) while (own.next()) if (hasTrace(own.group().traceIds(), id)) n++;
    byId.push(Number(n > 0));
  }
  return {
    samples: samples.sort(),
    series: (await metrics.series(query)).map((l) => l.key()).sort(),
    names: await metrics.labelNames(query),
    values: await metrics.labelValues('s', query),
    exemplars: exemplars.map((e) => `${e.labels.get('s')} ${e.exemplars.length}`).sort(),
    metadata: [...(await metrics.metadata())].sort(),
    entries: entries.sort(),
    streams: (await logs.series(query)).map((l) => l.key()).sort(),
    apps: await logs.labelValues('app', query),
    volume,
    groups: groups.sort(),
    byId,
    lookedUp: ids.map((id) => groupsOf(id).some((g) => hasTrace(g.traceIds(), id))),
  };
}

function hasTrace(ids: Uint8Array, id: Uint8Array): boolean {
  for (let at = 0; at < ids.length; at += 16)
    if (Buffer.compare(ids.subarray(at, at + 16), id) === 0) return true;
  return false;
}

describe('marks', () => {
  test('what is seen since one is what came after it', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 10, maxLength: 40 }), fc.nat(), async (ops, which) => {
        const [dir, laterDir] = [tempDir(), tempDir()];
        const storage = await openEngine(dir);
        const marks: { readonly text: string; readonly at: number }[] = [];
        for (const [at, step] of ops.entries()) {
          await append(storage, step, at);
          if (step.do === 'mark') marks.push({ text: storage.mark(), at });
          if (step.do === 'flush') await storage.flush();
          if (step.do === 'compact') await storage.flush({ compact: true });
        }
        if (which % 2 === 0) await storage.flush({ compact: true });
        const mark = marks[which % Math.max(1, marks.length)];
        if (mark) {
          const later = await openEngine(laterDir);
          for (const [i, step] of ops.entries()) if (i > mark.at) await append(later, step, i);
          const wanted = await withReader(later, laterDir, seen);
          await later.close();
          const after = storage.marks.generationOf(mark.text);
          assert.deepEqual(await withReader(storage, dir, seen, after), wanted);
        }
        await storage.close();
      }),
      { numRuns: 8 },
    );
  });

  test('of which there is no new one while nothing comes', async () => {
    const storage = await openEngine(tempDir());
    const first = storage.mark();
    assert.equal(storage.mark(), first);
    await append(storage, { do: 'entry', of: 0 }, 1);
    assert.notEqual(storage.mark(), first);
    await storage.close();
  });

  test('are of one run: after a restart they are refused, and new ones part what comes from what was there', async () => {
    const dir = tempDir();
    let storage = await openEngine(dir);
    await append(storage, { do: 'entry', of: 0 }, 1);
    const mark = storage.mark();
    await append(storage, { do: 'entry', of: 1 }, 2);
    await storage.close();
    storage = await openEngine(dir);
    assert.throws(() => storage.marks.generationOf(mark), /not of this run/);
    const after = storage.marks.generationOf(storage.mark());
    const apps = () =>
      withReader(storage, dir, ({ logs }) => logs.labelValues('app', { matcherSets: [], ...ALL }), after);
    assert.deepEqual(await apps(), []);
    await append(storage, { do: 'entry', of: 2 }, 3);
    assert.deepEqual(await apps(), ['a2']);
    await storage.close();
  });

  test('are told apart from what is none, from those of another run, and from those that are too old', () => {
    const marks = new Marks();
    for (let g = 1; g <= MARKS_MAX + 1; g++) marks.add(g);
    assert.equal(marks.generationOf(marks.text(2)), 2);
    assert.throws(() => marks.generationOf(marks.text(1)), /too old/);
    assert.throws(() => marks.generationOf(marks.text(9999)), /unknown mark/);
    assert.throws(() => marks.generationOf(new Marks().text(2)), /not of this run/);
    for (const text of ['', 'x', '2', `${marks.text(2)} `])
      assert.throws(() => marks.generationOf(text), /unknown mark/);
  });

  test('keep blocks on both sides apart, as long as they are known', async () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((g) => markEpoch([2, 4], g)),
      [0, 0, 1, 1, 2],
    );
    const storage = await openEngine(tempDir());
    for (let i = 0; i < 3; i++) {
      await append(storage, { do: 'entry', of: 0 }, 2 * i);
      await storage.flush();
      await append(storage, { do: 'entry', of: 0 }, 2 * i + 1);
      storage.mark();
    }
    await storage.flush({ compact: true });
    assert.equal((await storage.blocks('logs')).length, 3);
    await storage.close();
  });
});
