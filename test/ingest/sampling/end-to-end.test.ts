/** The usual recipe on a running server: all errors, all that is slow, a tenth of the rest; asked for over Tempo's API. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ProbabilisticPolicy } from '../../../src/ingest/sampling/policy/probabilistic.ts';
import { TraceSpans } from '../../../src/ingest/sampling/trace-spans.ts';
import { postBody } from '../../support/http-api.ts';
import { startServer } from '../../support/server.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import { type MadeSpan, spansOf } from './traces.ts';

const RECIPE = `
trilite:
  tail_sampling:
    decision_wait: 1h
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 1000}}
      - {name: rest, type: probabilistic, probabilistic: {sampling_percentage: 10}}
`;
const TRACES = 120;
const START_NS = BigInt(Date.now() - 60_000) * 1_000_000n;
const idOf = (n: number) => createHash('sha256').update(`trace ${n}`).digest('hex').slice(0, 32);

/** Two spans of each trace, of which the second comes later. */
function spanOf(n: number, part: number): MadeSpan {
  const startNs = START_NS;
  const lasts = part === 1 && n % 6 === 1 ? 1_200_000_000n : 5_000_000n;
  return {
    trace: idOf(n),
    span: part + 1,
    startNs,
    endNs: startNs + lasts,
    ...(part === 1 && n % 6 === 0 && { status: 2 }),
  };
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

async function spansStored(base: string, n: number): Promise<number> {
  const answer = await fetch(`${base}/api/traces/${idOf(n)}`);
  if (answer.status === 404) return 0;
  const { batches } = (await answer.json()) as { batches: { scopeSpans: { spans: unknown[] }[] }[] };
  return batches.reduce((sum, b) => sum + b.scopeSpans.reduce((k, s) => k + s.spans.length, 0), 0);
}

test('errors, what is slow, and a tenth of the rest', { timeout: 60_000 }, async (t) => {
  const { server, dispose } = await temporaryServer(RECIPE);
  t.after(dispose);
  for (const part of [0, 1]) {
    for (let n = 0; n < TRACES; n += 20) {
      const spans = Array.from({ length: 20 }, (_, i) => spanOf(n + i, part));
      await postBody(`${server.base}/v1/traces`, PROTOBUF, spansOf(...spans));
    }
  }
  await postBody(`${server.base}/-/flush`, {}, '');
  assert.equal(await spansStored(server.base, 0), 0, 'a flush by itself decides nothing');
  await postBody(`${server.base}/-/flush?sampling=decide`, {}, '');
  const tenth = new ProbabilisticPolicy(10, '');
  const isDrawn = (n: number) =>
    tenth.evaluate(new TraceSpans(), Buffer.from(idOf(n), 'hex').toString('latin1')) === 'sampled';
  let drawn = 0;
  for (let n = 0; n < TRACES; n++) {
    const isKept = n % 6 < 2 || isDrawn(n);
    if (isKept && n % 6 >= 2) drawn++;
    assert.equal(await spansStored(server.base, n), isKept ? 2 : 0, `trace ${n}`);
  }
  assert.ok(drawn > 0 && drawn < TRACES / 4, `${drawn} of the rest`);
  const metrics = await (await fetch(`${server.base}/metrics`)).text();
  assert.match(metrics, /^trilite_sampling_policy_traces_total\{policy="errors",decision="sampled"\} 20$/m);
  assert.match(metrics, /^trilite_sampling_early_decisions_total\{reason="request"\} 120$/m);
  assert.match(metrics, /^trilite_sampling_waiting_traces 0$/m);
  assert.match(metrics, /^trilite_receiver_accepted_spans_total\{receiver="otlp_http_traces"\} 240$/m);
});

test('what waited is stored by a start without sampling', { timeout: 60_000 }, async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-sampling-off-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const file = path.join(dir, 'config.yml');
  const options = { dataDir: path.join(dir, 'data'), args: ['--config', file] };
  fs.writeFileSync(file, RECIPE);
  const sampling = await startServer(options);
  await postBody(`${sampling.base}/v1/traces`, PROTOBUF, spansOf(spanOf(2, 0)));
  assert.equal(await spansStored(sampling.base, 2), 0);
  await sampling.stop('SIGKILL');
  fs.writeFileSync(file, 'scrape_configs: []\n');
  const without = await startServer(options);
  assert.equal(await spansStored(without.base, 2), 1);
  assert.equal(await without.stop(), 0);
});
