/** When traces are decided, what becomes of spans that come late, and what a crash or a full disk leaves. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SILENT } from '../../../src/base/log.ts';
import { drainSampling } from '../../../src/ingest/sampling/drain.ts';
import { PolicySet } from '../../../src/ingest/sampling/policy-set.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { ManualClock, settle } from '../../scrape/manual-clock.ts';
import { MemoryJournals } from '../../storage/memory-journals.ts';
import { type Kept, type Made, type MadeSpan, openSampler, samplingOf, spansOf, traceId } from './traces.ts';

const NOW_MS = 1_700_000_000_000;
const ERRORS = '{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}';

const span = (trace: number, n: number, more: Partial<MadeSpan> = {}): MadeSpan => ({
  trace: traceId(trace),
  span: n,
  parent: 99,
  ...more,
});
const failed = (trace: number, n: number) => span(trace, n, { status: 2 });

async function open(more = '', parts: { clock?: ManualClock; journals?: MemoryJournals; kept?: Kept } = {}) {
  const { clock = new ManualClock(NOW_MS), journals, kept } = parts;
  const config = await samplingOf(`{decision_wait: 10s, policies: [${ERRORS}]${more}}`);
  return { clock, ...(await openSampler(config, clock, journals, kept)) };
}

const counted = ({ telemetry }: Made, name: string) =>
  telemetry
    .print()
    .split('\n')
    .filter((line) => line.startsWith(`trilite_sampling_${name}`) && !line.endsWith(' 0'))
    .map((line) => line.slice('trilite_sampling_'.length));

const storedSpans = ({ kept }: { kept: Kept }) =>
  Object.fromEntries([...kept.spans].map(([id, spans]) => [Number.parseInt(id, 16), spans]));

describe('a trace', () => {
  test('is decided when its wait is over, with all that has come of it', async () => {
    const made = await open();
    await made.send(spansOf(span(1, 1), span(2, 1)));
    await made.clock.advance(6000);
    await made.send(spansOf(failed(1, 2), span(2, 2)));
    await made.clock.advance(3900);
    assert.deepEqual(storedSpans(made), {});
    await made.clock.advance(200);
    await settle();
    assert.deepEqual(storedSpans(made), { 1: [1, 2] });
    assert.equal(made.kept.batches.length, 1, 'a trace is stored whole, at once');
    assert.deepEqual(counted(made, 'traces_total'), [
      'traces_total{decision="sampled"} 1',
      'traces_total{decision="not_sampled"} 1',
    ]);
    assert.deepEqual(counted(made, 'dropped_spans_total'), ['dropped_spans_total{reason="not_sampled"} 2']);
    assert.deepEqual(counted(made, 'policy_traces_total'), [
      'policy_traces_total{policy="errors",decision="sampled"} 1',
      'policy_traces_total{policy="errors",decision="not_sampled"} 1',
    ]);
    assert.deepEqual(counted(made, 'waiting_traces'), []);
    await made.sampler.close();
  });

  test('is decided by the policies that are in force then', async () => {
    const made = await open();
    await made.send(spansOf(failed(1, 1), span(2, 1)));
    await made.sampler.decideAll();
    await made.send(spansOf(failed(3, 1), span(4, 1)));
    const fine = '{name: fine, type: status_code, status_code: {status_codes: [UNSET]}}';
    made.sampler.setPolicies(new PolicySet(await samplingOf(`{policies: [${fine}]}`)));
    // What was decided stays so.
    await made.send(spansOf(span(1, 2), span(2, 2)));
    await made.sampler.decideAll();
    assert.deepEqual(storedSpans(made), { 1: [1, 2], 4: [1] });
    assert.deepEqual(counted(made, 'policy_traces_total'), [
      'policy_traces_total{policy="errors",decision="sampled"} 1',
      'policy_traces_total{policy="errors",decision="not_sampled"} 1',
      'policy_traces_total{policy="fine",decision="not_sampled"} 1',
      'policy_traces_total{policy="fine",decision="sampled"} 1',
    ]);
    await made.sampler.close();
  });

  test('that is decided has its late spans stored at once, or dropped', async () => {
    const made = await open();
    await made.send(spansOf(failed(1, 1), span(2, 1)));
    await made.sampler.decideAll();
    await made.send(spansOf(span(1, 2), failed(2, 2), failed(3, 1)));
    assert.deepEqual(storedSpans(made), { 1: [1, 2] });
    await made.sampler.decideAll();
    assert.deepEqual(storedSpans(made), { 1: [1, 2], 3: [1] });
    assert.deepEqual(counted(made, 'late_spans_total'), [
      'late_spans_total{decision="sampled"} 1',
      'late_spans_total{decision="not_sampled"} 1',
    ]);
    await made.sampler.close();
  });

  test('is decided earlier where its root has come', async () => {
    const made = await open(', decision_wait_after_root_received: 2s');
    await made.send(spansOf(failed(1, 1), failed(2, 1)));
    await made.clock.advance(1000);
    await made.send(spansOf(span(2, 2, { parent: 0 })));
    await made.clock.advance(2100);
    await settle();
    assert.deepEqual(storedSpans(made), { 2: [1, 2] });
    await made.clock.advance(7000);
    await settle();
    assert.deepEqual(storedSpans(made), { 2: [1, 2], 1: [1] });
    await made.sampler.close();
  });

  test('that is too large is not kept', async () => {
    const made = await open(', maximum_trace_size_bytes: 200');
    await made.send(spansOf(failed(1, 1), failed(2, 1)));
    await made.send(spansOf(failed(1, 2), failed(1, 3), failed(1, 4)));
    await made.sampler.decideAll();
    assert.deepEqual(storedSpans(made), { 2: [1] });
    assert.deepEqual(counted(made, 'dropped_spans_total'), ['dropped_spans_total{reason="too_large"} 4']);
    await made.sampler.close();
  });

  test('of another tenant is another trace', async () => {
    const made = await open();
    await made.send(spansOf(failed(1, 1)), 'a');
    await made.send(spansOf(span(1, 2)), 'b');
    await made.sampler.decideAll();
    assert.deepEqual(storedSpans(made), { 1: [1] });
    await made.sampler.close();
  });
});

describe('the oldest traces are decided early', () => {
  test('where there are more than may wait', async () => {
    const made = await open(', num_traces: 3');
    for (let n = 1; n <= 5; n++) await made.send(spansOf(failed(n, 1)));
    await settle();
    assert.deepEqual(storedSpans(made), { 1: [1], 2: [1] });
    assert.deepEqual(counted(made, 'early_decisions_total'), [
      'early_decisions_total{reason="num_traces"} 2',
    ]);
    await made.sampler.close();
  });

  test('where they take more memory than they may', async () => {
    const made = await open(', max_bytes: 10000');
    for (let n = 1; n <= 40; n++) {
      await made.send(spansOf(failed(n, 1)));
      await settle();
    }
    assert.ok(made.sampler.heldBytes() < 10_000 + 40 * 100, 'what is decided is let go of');
    const stored = Object.keys(storedSpans(made)).map(Number);
    assert.ok(stored.length > 10 && stored.length < 40);
    assert.deepEqual(
      stored,
      Array.from({ length: stored.length }, (_, i) => i + 1),
    );
    assert.match(counted(made, 'early_decisions_total').join(), /max_bytes/);
    await made.sampler.close();
  });

  test('and more is refused where storage takes nothing', async () => {
    const made = await open(', max_bytes: 3000');
    made.kept.failure = new TriliteError('overloaded', 'full');
    const send = async () => {
      for (let n = 1; n <= 100; n++) await made.send(spansOf(failed(n, 1)));
    };
    await assert.rejects(send(), { kind: 'overloaded' });
    made.kept.failure = undefined;
    await made.clock.advance(20_000);
    await made.sampler.decideAll();
    const taken = Object.keys(storedSpans(made)).length;
    assert.ok(taken > 5, 'what was acknowledged is stored when storage takes it again');
    assert.match(counted(made, 'failures_total').join(), /failures_total [1-9]/);
    await made.sampler.close();
  });
});

describe('decisions are remembered', () => {
  test('while there is room among the traces', async () => {
    const made = await open(', num_traces: 2');
    for (let n = 1; n <= 3; n++) {
      await made.send(spansOf(failed(n, 1)));
      await made.sampler.decideAll();
    }
    await made.send(spansOf(span(1, 2), span(3, 2)));
    assert.deepEqual(storedSpans(made), { 1: [1], 2: [1], 3: [1, 2] }, 'the first is a new trace again');
    await made.sampler.decideAll();
    assert.deepEqual(storedSpans(made)[1], [1]);
    await made.sampler.close();
  });

  test('by kind in a cache', async () => {
    const made = await open(
      ', num_traces: 1, decision_cache: {sampled_cache_size: 2, non_sampled_cache_size: 1_000}',
    );
    for (const first of [failed(1, 1), span(2, 1), failed(3, 1), failed(4, 1)]) {
      await made.send(spansOf(first));
      await made.sampler.decideAll();
    }
    await made.send(spansOf(failed(2, 2), span(3, 2), span(4, 2)));
    assert.deepEqual(storedSpans(made), { 1: [1], 3: [1, 2], 4: [1, 2] });
    await made.sampler.close();
  });
});

describe('after a crash', () => {
  test('traces wait on until the time at which they were due', async () => {
    const journals = new MemoryJournals();
    const before = await open('', { journals });
    await before.send(spansOf(failed(1, 1), span(2, 1)));
    await before.clock.advance(4000);
    await before.send(spansOf(span(1, 2)));
    const after = await open('', { journals, clock: new ManualClock(NOW_MS + 7000) });
    await after.clock.advance(2900);
    assert.deepEqual(storedSpans(after), {});
    await after.clock.advance(200);
    await settle();
    assert.deepEqual(storedSpans(after), { 1: [1, 2] });
    assert.deepEqual(journals.rows('sampling.spans'), [], 'what is decided leaves the journal');
    await after.sampler.close();
  });

  test('what is overdue is decided at once', async () => {
    const journals = new MemoryJournals();
    await (await open('', { journals })).send(spansOf(failed(1, 1)));
    const after = await open('', { journals, clock: new ManualClock(NOW_MS + 60_000) });
    await settle();
    assert.deepEqual(storedSpans(after), { 1: [1] });
    await after.sampler.close();
  });

  test('a decision stands, also for spans that wait in one record with those of other traces', async () => {
    const journals = new MemoryJournals();
    const before = await open('', { journals });
    await before.send(spansOf(span(1, 1)));
    await before.clock.advance(5000);
    await before.send(spansOf(span(1, 2), failed(2, 1)));
    await before.clock.advance(5100);
    await settle();
    const after = await open('', { journals, clock: new ManualClock(NOW_MS + 10_200) });
    await after.send(spansOf(failed(1, 3)));
    await after.sampler.decideAll();
    assert.deepEqual(storedSpans(after), { 2: [1] }, 'nothing of the first comes back');
    await after.sampler.close();
  });

  test('a trace that was stored and whose decision was not is decided again', async () => {
    const journals = new MemoryJournals();
    const before = await open('', { journals });
    await before.send(spansOf(failed(1, 1)));
    journals.isFull = true;
    await before.clock.advance(10_100);
    await settle();
    assert.deepEqual(storedSpans(before), { 1: [1] });
    journals.isFull = false;
    const after = await open('', { journals, clock: new ManualClock(NOW_MS + 20_000) });
    await settle();
    assert.deepEqual(storedSpans(after), { 1: [1] }, 'storage knows equal spans');
    await after.sampler.close();
  });

  test('a record that is damaged is left out', async () => {
    const journals = new MemoryJournals();
    const journal = await journals.openJournal('sampling.spans', () => {});
    await journal.append(Uint8Array.of(1, 2, 3)).durable;
    await journal.append(Uint8Array.of(9)).durable;
    const decisions = await journals.openJournal('sampling.decisions', () => {});
    await decisions.append(Uint8Array.of(200)).durable;
    const after = await open('', { journals });
    await after.send(spansOf(failed(1, 1)));
    await after.sampler.decideAll();
    assert.deepEqual(storedSpans(after), { 1: [1] });
    await after.sampler.close();
  });
});

test('what cannot be written is not acknowledged, and is not sampled', async () => {
  const journals = new MemoryJournals();
  const made = await open('', { journals });
  journals.isFull = true;
  await assert.rejects(made.send(spansOf(failed(1, 1))), { kind: 'overloaded' });
  journals.isFull = false;
  await made.send(spansOf(failed(2, 1)));
  await made.sampler.decideAll();
  assert.deepEqual(storedSpans(made), { 2: [1] });
  await made.sampler.close();
});

test('a stop leaves what waits to the next start, or forgets it where it is told to', async () => {
  for (const [more, left] of [
    ['', { 1: [1] }],
    [', drop_pending_traces_on_shutdown: true', {}],
  ] as const) {
    const journals = new MemoryJournals();
    const before = await open(more, { journals });
    await before.send(spansOf(failed(1, 1)));
    await before.sampler.close();
    assert.deepEqual(storedSpans(before), {});
    await assert.rejects(before.send(spansOf(failed(2, 1))), { kind: 'overloaded' });
    const after = await open(more, { journals });
    await after.sampler.decideAll();
    assert.deepEqual(storedSpans(after), left);
    await after.sampler.close();
  }
});

test('where sampling is off what waited is stored, and the journals are empty', async () => {
  const journals = new MemoryJournals();
  const before = await open('', { journals });
  await before.send(spansOf(span(1, 1)));
  await before.clock.advance(5000);
  await before.send(spansOf(span(1, 2), span(2, 1)));
  await before.clock.advance(5100);
  await settle();
  assert.equal(journals.hadJournals, true);
  const { kept } = before;
  const parts = { next: kept, journals, clock: before.clock, telemetry: before.telemetry, log: SILENT };
  await drainSampling({ ...parts, bytesMax: 1e9 });
  assert.deepEqual(storedSpans(before), { 2: [1] }, 'but for a trace that was decided against');
  assert.equal(journals.hadJournals, false);
});

test('the journal of decisions keeps so many as are remembered', async () => {
  const journals = new MemoryJournals();
  const made = await open(', num_traces: 8', { journals });
  for (let n = 1; n <= 60; n++) {
    await made.send(spansOf(span(n, 1)));
    await made.sampler.decideAll();
  }
  const rows = journals.rows('sampling.decisions').length;
  assert.ok(rows >= 8 && rows <= 10, `${rows} rows`);
  await made.sampler.close();
});
