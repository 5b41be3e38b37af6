/**
 * What decoders accept, storage must be able to flush, merge and read: one batch that could not be flushed would stand
 * in the way of all later ones. So the extremes of the wire go all the way: times at the ends of int64, NaN payloads,
 * infinities, counter resets, out of order, empty texts, and mutated requests that still decode.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/bytes.ts';
import { decodeLokiPushJson } from '../../src/ingest/decode/loki-push-json.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { TriliteError } from '../../src/model/errors.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { SampleColumns } from '../../src/storage/interface.ts';
import type { ReaderStorage } from '../../src/storage/select/reader-storage.ts';
import { spanBatch } from './batches.ts';
import { mutated } from './fuzz.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const TIMEOUT = { timeout: 60_000 };
const EVERYTHING = { minMs: Number.NEGATIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY };
const never = new AbortController().signal;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const NOW_MS = 1_767_268_800_000n;

function field(out: ByteWriter, number: number, write: (inner: ByteWriter) => void): void {
  const inner = new ByteWriter();
  write(inner);
  out.varint(8 * number + 2);
  out.block(inner.view());
}

function varint64(out: ByteWriter, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) out.u8(Number(rest & 127n) | 128);
  out.u8(Number(rest));
}

/** A remote-write request, decompressed: value bits as 64-bit integers, times as int64. */
function writeRequest(samples: readonly (readonly [timeMs: bigint, bits: bigint])[]): Uint8Array {
  const out = new ByteWriter();
  field(out, 1, (series) => {
    field(series, 1, (label) => {
      field(label, 1, (name) => name.bytes(Buffer.from('__name__')));
      field(label, 2, (value) => value.bytes(Buffer.from('extreme')));
    });
    for (const [timeMs, bits] of samples) {
      field(series, 2, (sample) => {
        sample.u8(9);
        sample.u32(Number(bits & 0xffffffffn));
        sample.u32(Number(BigInt.asUintN(32, bits >> 32n)));
        sample.u8(16);
        varint64(sample, timeMs);
      });
    }
  });
  return out.take();
}

async function samplesOf({ metrics }: ReaderStorage): Promise<string[]> {
  const out: string[] = [];
  const columns = new SampleColumns();
  const cursor = await metrics.select({ matchers: [], ...EVERYTHING }, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const n = cursor.read(columns);
      const bits = new BigUint64Array(columns.values.buffer, columns.values.byteOffset, n);
      for (let i = 0; i < n; i++) out.push(`${columns.timestamps[i]} ${bits[i]!.toString(16)}`);
    }
  }
  return out;
}

async function entriesOf({ logs }: ReaderStorage): Promise<string[]> {
  const out: string[] = [];
  const cursor = await logs.select({ matchers: [], ...EVERYTHING, direction: 'forward' }, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const c = cursor.chunk();
      for (let i = 0; i < c.count; i++)
        out.push(Buffer.from(c.lines.subarray(i ? c.lineEnds[i - 1]! : 0, c.lineEnds[i]!)).toString());
    }
  }
  return out;
}

async function spansOf({ traces }: ReaderStorage): Promise<number> {
  let spans = 0;
  const cursor = await traces.select(EVERYTHING, never);
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const group = cursor.group();
      group.names().strings;
      group.durationsNs();
      spans += group.spanCount;
    }
  }
  return spans;
}

/** From the head, from blocks, merged, and after a new start: the same. */
async function inEveryState<T>(
  dir: string,
  storage: LocalStorage,
  read: (reader: ReaderStorage) => Promise<T>,
  expected: T,
): Promise<void> {
  assert.deepEqual(await withReader(storage, dir, read), expected, 'in the head');
  await storage.flush();
  assert.deepEqual(await withReader(storage, dir, read), expected, 'in blocks');
  await storage.flush({ compact: true });
  assert.deepEqual(await withReader(storage, dir, read), expected, 'merged');
  await storage.close();
  const again = await openEngine(dir);
  assert.deepEqual(await withReader(again, dir, read), expected, 'after a new start');
  await again.close();
}

describe('extremes', () => {
  test('samples: bits of every kind of value, resets, out of order', TIMEOUT, async () => {
    const bits = [
      0x7ff0000000000002n, // the stale marker
      0x7ff8000000000001n,
      0xfff4000000000005n, // NaNs with a payload
      0x7ff0000000000000n,
      0xfff0000000000000n, // infinities
      0x8000000000000000n, // -0
      1n, // the smallest number
      0x7fefffffffffffffn, // the largest
      0x4059000000000000n,
      0x3ff0000000000000n, // 100, then 1: a counter reset
    ];
    const samples = bits.map((b, i) => [NOW_MS + BigInt(i) * 15_000n, b] as const);
    const order = [5, 0, 9, 3, 1, 8, 2, 7, 4, 6].map((i) => samples[i]!);
    const dir = tempDir();
    const storage = await openEngine(dir);
    for (const s of order) {
      const outcome = await storage.metrics.append(decodeRemoteWrite1(writeRequest([s])), {
        mode: 'partial',
      });
      assert.equal(outcome.accepted, 1);
      await outcome.durable;
    }
    // Of NaNs only the stale marker has a meaning: the front makes the others one.
    const isNaNBits = (b: bigint) => (b & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
    const kept = (b: bigint) => (isNaNBits(b) && b !== bits[0] ? bits[1]! : b);
    const expected = samples.map(([t, b]) => `${t} ${kept(b).toString(16)}`);
    await inEveryState(dir, storage, samplesOf, expected);
  });

  test('samples: times at the ends of int64 are refused, or kept and read', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    let accepted = 0;
    for (const t of [
      0n,
      -1n,
      -(2n ** 53n),
      8_640_000_000_000_000n,
      2n ** 53n,
      INT64_MAX,
      INT64_MIN,
      NOW_MS,
    ]) {
      try {
        const batch = decodeRemoteWrite1(writeRequest([[t, 0x3ff0000000000000n]]));
        const outcome = await storage.metrics.append(batch, { mode: 'partial' });
        await outcome.durable;
        accepted += outcome.accepted;
      } catch (error) {
        assert.ok(error instanceof TriliteError, String(error));
      }
    }
    assert.ok(accepted >= 3);
    const all = await withReader(storage, dir, samplesOf);
    assert.equal(all.length, accepted);
    await inEveryState(dir, storage, samplesOf, all);
  });

  test('entries: times at the ends of int64, empty and large lines', TIMEOUT, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const large = 'x'.repeat(200_000);
    const lines: string[] = [];
    for (const ns of [0n, 1n, -1n, 10n ** 18n, INT64_MAX, INT64_MIN, 999_999n, NOW_MS * 1_000_000n]) {
      for (const line of ['', `at ${ns}`, large]) {
        const body = JSON.stringify({ streams: [{ stream: { a: 'b' }, values: [[String(ns), line]] }] });
        try {
          const decoded = decodeLokiPushJson(Buffer.from(body), Number(NOW_MS));
          const outcome = await storage.logs.append(decoded.batch);
          await outcome.durable;
          if (outcome.accepted > 0) lines.push(line);
        } catch (error) {
          assert.ok(error instanceof TriliteError, String(error));
        }
      }
    }
    assert.ok(lines.length >= 6);
    const all = await withReader(storage, dir, entriesOf);
    assert.deepEqual([...all].sort(), [...lines].sort());
    await inEveryState(dir, storage, entriesOf, all);
  });

  test('spans: mutated requests that still decode can be flushed', { timeout: 120_000 }, async () => {
    const dir = tempDir();
    const storage = await openEngine(dir);
    const spans = Array.from({ length: 3 }, (_, i) => ({
      service: 's',
      trace: i + 1,
      span: i + 1,
      name: 'op',
      startMs: Number(NOW_MS),
      durationMs: 5,
    }));
    const batch = spanBatch(spans);
    /** The batch's parts put together again as one request. */
    const request = new ByteWriter();
    for (let i = 0; i < batch.spanCount; i++) {
      field(request, 1, (resourceSpans) => {
        field(resourceSpans, 1, (r) =>
          r.bytes(batch.bytes.subarray(batch.resourceStart[i], batch.resourceEnd[i])),
        );
        field(resourceSpans, 2, (scopeSpans) =>
          field(scopeSpans, 2, (s) => s.bytes(batch.bytes.subarray(batch.spanStart[i], batch.spanEnd[i]))),
        );
      });
    }
    const bodies = fc.sample(mutated(request.take()), { numRuns: 1500, seed: 7 });
    let stored = 0;
    for (const body of bodies) {
      let decoded: ReturnType<typeof decodeOtlpTraces>;
      try {
        decoded = decodeOtlpTraces(body);
      } catch (error) {
        assert.ok(error instanceof TriliteError, String(error));
        continue;
      }
      const taken = await storage.traces.append(decoded);
      await taken.durable;
      stored += taken.accepted;
    }
    assert.ok(stored > 100, `${stored} spans got through`);
    const count = await withReader(storage, dir, spansOf);
    await storage.flush();
    const flushed = await withReader(storage, dir, spansOf);
    assert.ok(flushed > 50 && flushed <= count, `${flushed} distinct spans of ${count}`);
    await storage.flush({ compact: true });
    await storage.close();
    const again = await openEngine(dir);
    assert.ok((await withReader(again, dir, spansOf)) <= flushed);
    await again.close();
  });
});
