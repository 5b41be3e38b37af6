/**
 * Far more than can be taken: many senders at once, a disk that is slow. Memory in flight and in the heads stays
 * within its limits, senders are asked to try again, what was acknowledged is stored once, and of what was refused
 * nothing is stored.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import zlib from 'node:zlib';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { setWorkerSources } from '../../../src/base/worker-pool.ts';
import { MemoryLimiter } from '../../../src/ingest/memory.ts';
import { lokiPushReceiver } from '../../../src/ingest/receive/loki.ts';
import { ReceiverTelemetry } from '../../../src/ingest/receive/receiver-telemetry.ts';
import type { ReceiverParts, WireRequest } from '../../../src/ingest/receive/wire.ts';
import { directIntake } from '../../../src/ingest/span-intake.ts';
import { DEFAULT_LOG_LIMITS } from '../../../src/model/limits.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';

const NOW = 1_767_268_800_000;
const SENDERS = 40;
const REQUESTS = 6;
const LINES = 20;
const LINE_BYTES = 1000;
/** Room for some dozen of the requests, which take some 80 KB each. */
const LIMIT_BYTES = 1_500_000;
const HEAD_HARD_BYTES = 8 << 20;

/** Lines that say which request they are of. */
function body(sender: number, request: number): Buffer {
  const values = Array.from({ length: LINES }, (_, i) => [
    `${NOW + request}${String(i).padStart(6, '0')}`,
    `${sender}/${request}/${i} `.padEnd(LINE_BYTES, 'x'),
  ]);
  const stream = { sender: String(sender) };
  return zlib.gzipSync(JSON.stringify({ streams: [{ stream, values }] }), { level: 1 });
}

function requestOf(bytes: Buffer): WireRequest {
  const headers: Record<string, string> = { 'content-encoding': 'gzip' };
  return {
    contentType: 'application/json',
    header: (name) => headers[name],
    declaredBytes: bytes.length,
    nowMs: NOW,
    readBody: async () => {
      // It comes over a network: other requests get their turn.
      await turn();
      return bytes;
    },
  };
}

async function storedLines(storage: LocalStorage, dir: string): Promise<string[]> {
  return withReader(storage, dir, async ({ logs }) => {
    const query = { matchers: [], minMs: 0, maxMs: 8e15, direction: 'forward' } as const;
    const cursor = await logs.select(query, new AbortController().signal);
    const found: string[] = [];
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const { count, lines, lineEnds } = cursor.chunk();
        for (let i = 0; i < count; i++) {
          const line = Buffer.from(lines.subarray(i === 0 ? 0 : lineEnds[i - 1]!, lineEnds[i]!)).toString();
          found.push(line.trimEnd().replace(/ x+$/, ''));
        }
      }
    }
    return found.sort();
  });
}

describe('under more than can be taken', () => {
  it('memory keeps its limits and nothing is lost or half-stored', { timeout: 120_000 }, async () => {
    setWorkerSources(() => ({ path: new URL('../../storage/slow-writer.ts', import.meta.url) }));
    const dir = tempDir();
    const storage = await openEngine(dir, {
      now: () => NOW,
      headBytesSoft: HEAD_HARD_BYTES / 4,
      headBytesHard: HEAD_HARD_BYTES,
    });
    const telemetry = new Telemetry();
    const memory = new MemoryLimiter(LIMIT_BYTES, { relieve: () => storage.relieve() });
    const parts: ReceiverParts = {
      storage,
      spans: directIntake(storage.traces),
      memory,
      otlp: otlpOptionsByPath(DEFAULT_OTLP_SETTINGS),
      maxAgeMs: { metrics: 0, logs: 0, traces: 0 },
      logLimits: () => DEFAULT_LOG_LIMITS,
      telemetry,
      counts: new ReceiverTelemetry(telemetry),
      log: SILENT,
    };
    const push = lokiPushReceiver('v1', parts);
    const acknowledged: string[] = [];
    let refused = 0;
    let inFlightMax = 0;
    let heldMax = 0;
    const send = async (sender: number) => {
      for (let request = 0; request < REQUESTS; request++) {
        const bytes = body(sender, request);
        // Every other sender gives up what is refused.
        for (;;) {
          const answer = await push(requestOf(bytes));
          inFlightMax = Math.max(inFlightMax, memory.inFlightBytes);
          heldMax = Math.max(heldMax, storage.heldBytes());
          if (answer.status === 204) {
            for (let i = 0; i < LINES; i++) acknowledged.push(`${sender}/${request}/${i}`);
            break;
          }
          refused++;
          assert.equal(answer.status, 429);
          assert.equal(answer.headers!['Retry-After'], '5');
          if (sender % 2 === 0) break;
          await turn();
        }
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
    assert.ok(refused > 0, 'it was too much');
    assert.ok(acknowledged.length >= (SENDERS / 2) * REQUESTS * LINES, 'who tries again gets through');
    assert.ok(inFlightMax <= LIMIT_BYTES, `${inFlightMax} bytes were in flight`);
    // Slabs that wait to be used again are counted too.
    assert.ok(heldMax <= 2 * HEAD_HARD_BYTES + LIMIT_BYTES, `${heldMax} bytes were held`);
    assert.equal(memory.inFlightBytes, 0);
    acknowledged.sort();
    assert.deepEqual(await storedLines(storage, dir), acknowledged);
    await storage.flush({ compact: true });
    assert.deepEqual(await storedLines(storage, dir), acknowledged);
    await storage.close();
  });
});
