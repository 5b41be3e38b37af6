/** The program on a damaged database: it starts, says so, counts it, and answers the rest; or it refuses in one line. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { altered, DATABASE, fullDatabase } from '../storage/damaged-file.ts';
import { startServer } from '../support/server.ts';

const ARGS = ['--retention', '0'];

async function text(url: string): Promise<string> {
  const answer = await fetch(url);
  const body = await answer.text();
  assert.equal(answer.status, 200, body);
  return body;
}

const gaugeOf = (metrics: string, name: string) =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);

test('a database cut in half: the program starts, counts what is lost and answers', {
  timeout: 120_000,
}, async () => {
  const whole = await fullDatabase({ wal: false });
  const dataDir = altered(whole, DATABASE, (bytes) => bytes.subarray(0, bytes.length >> 1));
  const server = await startServer({ dataDir, args: ARGS });
  try {
    assert.ok(gaugeOf(await text(`${server.base}/metrics`), 'trilite_writer_damaged_pages') > 0);
    assert.match(server.stderr(), /damage in the database.*salvaged/);
    await text(`${server.base}/api/v1/query?query=count({__name__=~".%2B"})&time=1767268860`);
    await text(`${server.base}/loki/api/v1/query_range?query={app=~".%2B"}&start=1767268800&end=1767269800`);
    await text(`${server.base}/api/search?q={}&start=1767268800&end=1767269800`);
    assert.equal(await server.stop(), 0);
  } finally {
    await server.stop('SIGKILL');
  }
  const next = await startServer({ dataDir, args: ARGS });
  try {
    assert.equal(await next.stop(), 0);
  } finally {
    await next.stop('SIGKILL');
  }
});

test('a database without a header: one clear line, exit code 1', { timeout: 60_000 }, async () => {
  const whole = await fullDatabase({ wal: false });
  const dataDir = altered(whole, DATABASE, (bytes) => bytes.fill(0x55, 0, 100));
  await assert.rejects(startServer({ dataDir, args: ARGS }), (error: Error) => {
    assert.match(error.message, /exited with 1: .*damaged beyond what can be salvaged/s);
    assert.equal(error.message.trim().split('\n').length, 1, error.message);
    return true;
  });
});
