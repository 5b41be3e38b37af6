/** The local engine, traces: every span once, by search and by id, before and after flush, restart and compaction. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { SpanGroup } from '../../src/model/span-group.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import type { SpanGroupCursor } from '../../src/storage/interface.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

const T = 1_767_268_800_000;

function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0');
}

function push(storage: LocalStorage, service: string, spans: readonly object[]) {
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [{ scope: { name: 'test' }, spans }],
      },
    ],
  };
  const bytes = otlpJsonToProtobuf('traces', new TextEncoder().encode(JSON.stringify(body)));
  return storage.traces.append(decodeOtlpTraces(bytes));
}

function spansOfGroup(g: SpanGroup): string[] {
  const traces = Buffer.from(g.traceIds());
  const spans = Buffer.from(g.spanIds());
  return Array.from({ length: g.spanCount }, (_, i) => {
    const id = `${traces.toString('hex', 16 * i, 16 * i + 16)}:${spans.toString('hex', 8 * i, 8 * i + 8)}`;
    return `${id} ${g.names().strings[g.names().indexes[i]!]}`;
  });
}

async function idsOf(cursor: SpanGroupCursor): Promise<string[]> {
  const out: string[] = [];
  while (await cursor.nextBatch()) while (cursor.next()) out.push(...spansOfGroup(cursor.group()));
  return out.sort();
}

describe('traces in the local engine', () => {
  test('every span once, whichever way it is reached', async () => {
    const dir = tempDir();
    let storage = await openEngine(dir);
    const expected: string[] = [];
    const check = async (when: string) => {
      await withReader(storage, dir, async (reader) => {
        const signal = new AbortController().signal;
        const all = await idsOf(await reader.traces.select({ minMs: 0, maxMs: 8e15 }, signal));
        assert.deepEqual([...new Set(all)], [...expected].sort(), when);
        const id = Buffer.from(hex(17, 32), 'hex');
        const one = await idsOf(await reader.traces.trace(id, signal));
        const want = expected.filter((line) => line.startsWith(hex(17, 32))).sort();
        assert.deepEqual(
          [...new Set(one.filter((line) => line.startsWith(hex(17, 32))))],
          want,
          `${when}, by id`,
        );
        const selected = new Set<SpanGroup>();
        const cursor = await reader.traces.select({ minMs: 0, maxMs: 8e15 }, signal);
        while (await cursor.nextBatch()) while (cursor.next()) selected.add(cursor.group());
        const { groupsOf } = await reader.traces.lookup();
        for (const trace of [1, 17, 40]) {
          const key = hex(trace, 32);
          const groups = groupsOf(Buffer.from(key, 'hex'));
          assert.ok(
            groups.every((group) => selected.has(group)),
            `${when}, the objects that were selected`,
          );
          const found = groups.flatMap(spansOfGroup).filter((line) => line.startsWith(key));
          assert.deepEqual(
            [...new Set(found)].sort(),
            expected.filter((line) => line.startsWith(key)).sort(),
            `${when}, looked up`,
          );
        }
        assert.deepEqual(groupsOf(Buffer.from(hex(1 << 20, 32), 'hex')), [], `${when}, of no trace`);
        const none = await idsOf(await reader.traces.select({ minMs: 0, maxMs: T - 1 }, signal));
        assert.deepEqual(none, [], `${when}, before all data`);
      });
    };
    for (let round = 0; round < 3; round++) {
      const spans: object[] = [];
      for (let i = 0; i < 200; i++) {
        const traceId = hex(1 + (i % 40), 32);
        const spanId = hex(1 + round * 1000 + i, 16);
        const start = BigInt(T + i * 120_000) * 1_000_000n + 7n;
        const name = `op ${i % 9}`;
        spans.push({
          traceId,
          spanId,
          name,
          kind: 2,
          startTimeUnixNano: String(start),
          endTimeUnixNano: String(start + 5_000_001n),
        });
        expected.push(`${traceId}:${spanId} ${name}`);
      }
      await (await push(storage, `svc-${round % 2}`, spans)).durable;
      await check(`round ${round}, head`);
      if (round < 2) await storage.flush();
      await check(`round ${round}, flushed`);
    }
    await storage.close();
    storage = await openEngine(dir);
    await check('restarted');
    await storage.flush({ compact: true });
    await check('compacted');
    assert.equal((await storage.stats()).blocks.traces, 2, 'one block per partition');
    await storage.close();
  });
});
