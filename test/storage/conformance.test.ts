/** Every engine keeps the contract of the storage seam, in every state in which its data can be. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Labels } from '../../src/model/labels.ts';
import { MemoryMetrics } from '../../src/query/script/memory-metrics.ts';
import { logBatch, metricBatch, spanBatch } from './batches.ts';
import { conformLogs } from './conformance-logs.ts';
import { conformMetrics } from './conformance-metrics.ts';
import { conformTraces } from './conformance-traces.ts';
import { ENGINE_STATES, type EngineState, engineIn } from './engine-states.ts';
import { MemoryLogs } from './memory-logs.ts';
import { MemoryTraces } from './memory-traces.ts';

const MEMORY_RUNS = 60;
const ENGINE_RUNS = 4;
const TIMEOUT_MS = 60_000;
const close = async () => {};
/** States in which all spans pass through one place, so that one that was sent twice is seen once. */
const SPANS_ONCE: readonly EngineState[] = ['all in the head', 'all flushed', 'compacted'];

describe('metrics', { timeout: 5 * TIMEOUT_MS }, () => {
  test('in memory', { timeout: TIMEOUT_MS }, async () => {
    const checked = await conformMetrics(
      {
        name: 'memory',
        runs: MEMORY_RUNS,
        fill: async (steps) => {
          const store = new MemoryMetrics();
          for (const s of steps.flatMap((step) => step.samples)) {
            const { timestampMs, value, startMs = 0 } = s;
            store.add(Labels.from(s.labels), [{ timestampMs, value, startMs }]);
          }
          return { read: (use) => use(store), close };
        },
      },
      false,
    );
    assert.ok(checked > 0);
  });
  for (const state of ENGINE_STATES) {
    test(`in the local engine, ${state}`, { timeout: TIMEOUT_MS }, async () => {
      const checked = await conformMetrics(
        {
          name: state,
          runs: ENGINE_RUNS,
          fill: async (steps) => {
            const engine = await engineIn(state, steps.length, (storage, i) => {
              const { samples, exemplars, metadata } = steps[i]!;
              return storage.metrics.append(metricBatch(samples, exemplars, metadata), { mode: 'atomic' });
            });
            return { read: (use) => engine.read((r) => use(r.metrics)), close: engine.close };
          },
        },
        true,
      );
      assert.ok(checked > 0);
    });
  }
});

describe('logs', { timeout: 5 * TIMEOUT_MS }, () => {
  test('in memory', { timeout: TIMEOUT_MS }, async () => {
    const checked = await conformLogs({
      name: 'memory',
      runs: MEMORY_RUNS,
      fill: async (steps) => {
        const store = new MemoryLogs();
        for (const entries of steps) store.append(logBatch(entries));
        return { read: (use) => use(store), close };
      },
    });
    assert.ok(checked > 0);
  });
  for (const state of ENGINE_STATES) {
    test(`in the local engine, ${state}`, { timeout: TIMEOUT_MS }, async () => {
      const checked = await conformLogs({
        name: state,
        runs: ENGINE_RUNS,
        fill: async (steps) => {
          const engine = await engineIn(state, steps.length, (storage, i) =>
            storage.logs.append(logBatch(steps[i]!)),
          );
          return { read: (use) => engine.read((r) => use(r.logs)), close: engine.close };
        },
      });
      assert.ok(checked > 0);
    });
  }
});

describe('traces', { timeout: 5 * TIMEOUT_MS }, () => {
  for (const perGroup of [1, undefined]) {
    test(`in memory, ${perGroup ? 'a group per batch' : 'one group'}`, { timeout: TIMEOUT_MS }, async () => {
      const checked = await conformTraces(
        {
          name: 'memory',
          runs: MEMORY_RUNS,
          fill: async (steps) => {
            const store = MemoryTraces.of(steps.map(spanBatch), perGroup);
            return { read: (use) => use(store), close };
          },
        },
        perGroup === undefined,
      );
      assert.ok(checked > 0);
    });
  }
  for (const state of ENGINE_STATES) {
    test(`in the local engine, ${state}`, { timeout: TIMEOUT_MS }, async () => {
      const checked = await conformTraces(
        {
          name: state,
          runs: ENGINE_RUNS,
          fill: async (steps) => {
            const engine = await engineIn(state, steps.length, (storage, i) =>
              storage.traces.append(spanBatch(steps[i]!)),
            );
            return { read: (use) => engine.read((r) => use(r.traces)), close: engine.close };
          },
        },
        SPANS_ONCE.includes(state),
      );
      assert.ok(checked > 0);
    });
  }
});
