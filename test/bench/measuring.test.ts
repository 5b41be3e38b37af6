/** What measures: percentiles, the order of requests, slices, and what a process uses. */

import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commonFolder, dataDirOf, directoryBytes } from '../../src/bench/disk-use.ts';
import { Dispatcher } from '../../src/bench/dispatch.ts';
import { Latencies, percentile } from '../../src/bench/latency.ts';
import { cpuSeconds, memoryUse, statTicks } from '../../src/bench/process-use.ts';
import { Random, seedOf } from '../../src/bench/random.ts';
import { nextSlice } from '../../src/bench/slices.ts';
import type { BenchRequest } from '../../src/bench/workload.ts';

function request(items: number, shard?: number): BenchRequest {
  const base = {
    method: 'POST',
    path: '/',
    headers: {},
    newestMs: 0,
    kind: 'prometheus',
    transport: 'http',
  } as const;
  return { ...base, body: new Uint8Array(10), items, ...(shard !== undefined && { shard }) };
}

describe('latencies', () => {
  it('have percentiles by nearest rank', () => {
    const latencies = new Latencies();
    for (let ms = 2000; ms > 0; ms--) latencies.add(ms);
    const summary = latencies.summary();
    assert.deepEqual(summary, {
      count: 2000,
      meanMs: 1000.5,
      p50Ms: 1000,
      p90Ms: 1800,
      p99Ms: 1980,
      p999Ms: 1998,
      maxMs: 2000,
    });
  });

  it('are zero where there are none', () => {
    assert.equal(new Latencies().summary().p99Ms, 0);
    assert.equal(percentile(Float64Array.of(5), 0.5), 5);
  });

  it('have at least the share q of all values at or below a percentile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (list, q) => {
          const sorted = Float64Array.from(list).sort();
          const value = percentile(sorted, q);
          assert.ok(sorted.filter((x) => x <= value).length >= q * list.length);
          assert.ok(sorted.filter((x) => x < value).length < q * list.length);
        },
      ),
    );
  });
});

describe('the dispatcher', () => {
  it('sends a shard in order and one at a time, and everything once', async () => {
    const shards = [0, 1, undefined, 0, 1, 2, undefined, 0, 2, 1];
    const requests = shards.map((shard) => request(1, shard));
    const sent: number[] = [];
    const busy = new Set<number>();
    let active = 0;
    let most = 0;
    const deliver = async (index: number) => {
      const shard = shards[index];
      assert.ok(shard === undefined || !busy.has(shard));
      if (shard !== undefined) busy.add(shard);
      most = Math.max(most, ++active);
      sent.push(index);
      for (let turn = 0; turn < (index % 3) + 1; turn++) await Promise.resolve();
      active--;
      if (shard !== undefined) busy.delete(shard);
    };
    await new Dispatcher(requests, 3, deliver, new AbortController().signal).run();
    assert.deepEqual(
      sent.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    for (const shard of [0, 1, 2]) {
      const own = sent.filter((index) => shards[index] === shard);
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }
    assert.equal(most, 3);
  });

  it('stops where the signal says so', async () => {
    const stop = new AbortController();
    let sent = 0;
    const deliver = async () => {
      if (++sent === 2) stop.abort();
    };
    await new Dispatcher(
      Array.from({ length: 9 }, () => request(1)),
      1,
      deliver,
      stop.signal,
    ).run();
    assert.equal(sent, 2);
  });
});

describe('slices', () => {
  it('end at the items of a round, at the bound on memory, and at the end', () => {
    const source = [3, 3, 3, 3, 3]
      .map((items) => request(items))
      [Symbol.iterator]() as Iterator<BenchRequest>;
    assert.equal(nextSlice(source, 5).items, 6);
    assert.equal(nextSlice(source, 100, 15).items, 6);
    const last = nextSlice(source, 100);
    assert.equal(last.items, 3);
    assert.equal(last.last, true);
  });
});

describe('random numbers', () => {
  it('are the same everywhere', () => {
    const random = new Random(42);
    assert.deepEqual(
      [random.u32(), random.u32(), random.int(10), random.hex(6)],
      [551831576, 144025891, 0, 'b4e384'],
    );
    assert.notEqual(seedOf(1, 2), seedOf(2, 1));
  });
});

describe('what a process uses', () => {
  it('is read from the line of its state, whatever its name', () => {
    const rest = 'S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 11 0 100';
    assert.equal(statTicks(`12 (a) b (c)) ${rest}`), 300);
  });

  it('is known of this one', () => {
    const before = cpuSeconds([process.pid]);
    assert.ok(before > 0);
    const { residentBytes, peakBytes } = memoryUse([process.pid]);
    assert.ok(residentBytes > 1e6 && peakBytes >= residentBytes);
  });

  it('counts the files of a folder, and finds the folder by what is open', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'trilite-bench-'));
    const file = join(dir, 'deep/er');
    mkdirSync(join(dir, 'deep'));
    writeFileSync(file, new Uint8Array(10_000).fill(1));
    writeFileSync(join(dir, 'other'), new Uint8Array(500).fill(1));
    const open = openSync(file, 'r+');
    try {
      assert.equal(await directoryBytes(dir), 10_500);
      assert.equal(dataDirOf([process.pid]), join(dir, 'deep'));
    } finally {
      closeSync(open);
      rmSync(dir, { recursive: true });
    }
    assert.equal(await directoryBytes(dir), 0);
    assert.equal(commonFolder('/a/b/c', '/a/b/d/e'), '/a/b');
    assert.equal(commonFolder('/a', '/b'), '/');
  });
});
