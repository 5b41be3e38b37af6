import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decompress } from '../../../src/ingest/decode/compression.ts';
import type { LogDecode } from '../../../src/ingest/decode/log-batch-builder.ts';
import { decodeLokiPush, NO_STREAMS_MESSAGE } from '../../../src/ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../../../src/ingest/decode/loki-push-json.ts';
import { decodeLokiPushLegacy } from '../../../src/ingest/decode/loki-push-legacy.ts';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpLogs } from '../../../src/ingest/decode/otlp-logs.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { entriesOf } from './log-entries.ts';

const golden = new URL('../../../../shared/golden/loki/', import.meta.url);
const skip = existsSync(golden) ? false : 'needs ../shared/golden/loki';
const NOW_MS = Date.UTC(2026, 10, 21);
const MAX_BYTES = 100 * 1024 * 1024;

interface Recorded {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
}

function lines<T>(name: string): T[] {
  return readFileSync(new URL(name, golden), 'utf8')
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => JSON.parse(l) as T);
}

/** Takes a recorded request the way its receiver would. */
function decode(request: Recorded): LogDecode {
  const json = request.headers['Content-Type'] === 'application/json';
  const encoding = request.headers['Content-Encoding'] ?? '';
  const raw = decompress(Buffer.from(request.bodyBase64, 'base64'), encoding, MAX_BYTES, {
    rawDeflate: true,
  });
  if (request.path === '/otlp/v1/logs') return decodeOtlpLogs(otlpJsonToProtobuf('logs', raw), NOW_MS);
  if (!json) return decodeLokiPush(decompress(raw, 'snappy', MAX_BYTES), NOW_MS);
  return request.path === '/api/prom/push'
    ? decodeLokiPushLegacy(raw, NOW_MS)
    : decodeLokiPushJson(raw, NOW_MS);
}

describe('recorded Loki pushes', { skip }, () => {
  it('decode to the lines and streams that were pushed', () => {
    let count = 0;
    const streams = new Set<string>();
    for (const request of lines<Recorded>('ingest.jsonl')) {
      const { batch, refused } = decode(request);
      assert.deepEqual(refused, []);
      count += batch.count;
      for (const s of batch.streams) streams.add(s.key());
    }
    assert.equal(count, 19386);
    assert.equal(streams.size, 31);
  });

  it('have the metadata and level that Loki shows', () => {
    const known = new Map<string, Record<string, string>[]>();
    for (const request of lines<Recorded>('ingest.jsonl')) {
      for (const e of entriesOf(decode(request).batch)) {
        const key = `${e.ns} ${e.line}`;
        // Answers show metadata beside the labels, renamed where a label has its name.
        const all: Record<string, string> = { ...e.labels };
        for (const [name, value] of e.metadata) all[name in e.labels ? `${name}_extracted` : name] = value;
        known.set(key, [...(known.get(key) ?? []), all]);
      }
    }
    let compared = 0;
    for (const c of lines<Case>('cases.open.jsonl')) {
      // Only queries that are a selector: their answer is what was stored.
      const query = c.request.query?.find(([name]) => name === 'query')?.[1];
      if (c.request.path !== '/loki/api/v1/query_range' || !query || !/^\{[^}]*\}$/.test(query)) continue;
      const data = (
        c.response.body as { data?: { resultType: string; result: LogResult[]; encodingFlags?: string[] } }
      ).data;
      if (data?.resultType !== 'streams' || data.encodingFlags) continue;
      for (const { stream, values } of data.result) {
        for (const [ns, line] of values) {
          const stored = known.get(`${ns} ${line}`);
          assert.ok(stored, `${c.id}: ${ns} ${line}`);
          const some = stored.some((s) => sameRecord(s, stream));
          assert.ok(some, `${c.id}: ${JSON.stringify(stream)} but ${JSON.stringify(stored)}`);
          compared++;
        }
      }
    }
    assert.ok(compared > 200, `${compared} lines compared`);
  });

  it('are refused with the recorded messages', () => {
    let exact = 0;
    for (const c of lines<Case>('cases.open.jsonl').filter((x) => x.feature === 'api.push')) {
      const { status, body } = c.response;
      if (c.request.headers['Content-Type'] === ';;;' || c.request.headers['Content-Type'] === 'text/plain')
        continue;
      const [answer, message] = answerOf({ ...c.request, bodyBase64: c.request.bodyBase64 ?? '' });
      assert.equal(answer, status, c.id);
      if (c.compare !== 'full' && !String(body).startsWith("couldn't parse labels")) continue;
      exact++;
      assert.equal(message, body, c.id);
    }
    assert.ok(exact >= 8, `${exact} messages compared`);
  });
});

interface Case {
  readonly id: string;
  readonly feature: string;
  readonly compare: string;
  readonly request: Recorded & { readonly query?: readonly (readonly [string, string])[] };
  readonly response: { readonly status: number; readonly body: unknown };
}

interface LogResult {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((n) => a[n] === b[n]);
}

/** Status and text by the rules of the push endpoint. */
function answerOf(request: Recorded): [number, string] {
  try {
    const { refused, streamCount } = decode(request);
    if (streamCount === 0) return [422, `${NO_STREAMS_MESSAGE}\n`];
    return refused.length > 0 ? [400, `${refused[0]!.message}\n`] : [204, ''];
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return [error.kind === 'internal' ? 500 : 400, `${error.message}\n`];
  }
}
