/** What once was answered otherwise than by a real Loki, asked of the services without a server and compared with Loki's recorded answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decompressSnappy } from '../../../src/base/snappy.ts';
import { decodeLokiPush } from '../../../src/ingest/decode/loki-push.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { answer } from '../../query/loki-golden-suite.ts';
import { MemoryLogs } from '../../storage/memory-logs.ts';
import { compareAnswers } from './compare.ts';
import { readKept } from './kept.ts';
import { pushBody } from './pair.ts';
import type { Request } from './requests.ts';

const HOUR_MS = 3_600_000;

function recorded({ path, params, categorize }: Request) {
  const query = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  const headers: Record<string, string> = categorize
    ? { 'x-loki-response-encoding-flags': 'categorize-labels' }
    : {};
  return { method: 'GET', path, query, headers };
}

test('what once was answered otherwise', async (t) => {
  const { streams, cases } = readKept();
  const logs = new MemoryLogs();
  const last = Math.max(
    ...streams.flatMap(({ entries }) => entries.map(({ ns }) => Number(ns / 1_000_000n))),
  );
  for (const stream of streams)
    logs.append(decodeLokiPush(decompressSnappy(pushBody(stream)), last + HOUR_MS).batch);
  const storage = { logs } as unknown as StorageReader;
  const different: string[] = [];
  for (const { request, answer: want } of cases) {
    const got = await answer(storage, recorded(request));
    assert.ok(got, request.path);
    const lines = compareAnswers(request.path, want, got);
    if (lines.length > 0) different.push(`${JSON.stringify(request)}\n  ${lines.slice(0, 3).join('\n  ')}`);
  }
  t.diagnostic(`${cases.length} requests`);
  assert.ok(cases.length > 100, `${cases.length} requests`);
  assert.deepEqual(different, []);
});
