/**
 * What is exported, as those take it whose formats it is in: Prometheus and promtool, Loki, Tempo and Jaeger show what was
 * stored. Loki, Tempo and Jaeger are tried where a variable names them (`TRILITE_TEST_LOKI`, …).
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportCommand } from '../../src/cli/export.ts';
import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { DataTarget, databasePath } from '../../src/local-transfer.ts';
import { Labels } from '../../src/model/labels.ts';
import { Format2 } from '../../src/remote/write/request-2.ts';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  prometheusVersion,
  runPrometheus,
} from '../clients/prometheus/run-prometheus.ts';
import { JAEGER, JAEGER_MISSING, runJaeger } from '../differential/jaeger/run-jaeger.ts';
import { LOKI, LOKI_MISSING, runLoki } from '../differential/logql/run-loki.ts';
import { runTempo, TEMPO, TEMPO_MISSING } from '../differential/traceql/run-tempo.ts';
import { freePort } from '../support/free-port.ts';
import { spansRequest } from '../support/otlp-spans.ts';
import { eventually } from '../support/poll.ts';
import { skipUnless } from '../support/program.ts';
import { PROMTOOL, PROMTOOL_MISSING } from '../support/promtool.ts';
import { batch } from './generated.ts';

const SAMPLES = 200;
const NOW = Math.floor(Date.now() / 1000) * 1000;
const START = NOW - SAMPLES * 15_000;
const TRACE = '5b8efff798038103d269b633813fc60c';
const SERIES = ['a', 'b'].map((app) => Labels.from({ __name__: 'app_things_total', app, odd: 'q"\\\n' }));
const numberAt = (series: number, i: number) => (series + 1) * 1000 + i / 3;
const timeOf = (i: number) => START + i * 15_000 + (i % 7);

let directory: string;
let data: string;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trilite-peers-'));
  data = join(directory, 'data');
  const target = await DataTarget.open(databasePath(data, true), assert.fail);
  const format = new Format2(() => undefined);
  const writer = format.writer();
  const timestamps = Float64Array.from({ length: SAMPLES }, (_, i) => timeOf(i));
  for (const [s, labels] of SERIES.entries()) {
    const values = Float64Array.from({ length: SAMPLES }, (_, i) => numberAt(s, i));
    const series = format.encode(labels);
    const valueWords = new Uint32Array(values.buffer);
    for (let i = 0; i < SAMPLES; i++) writer.sample(series, { timestamps, valueWords }, i, []);
  }
  await target.take(batch('samples', new Uint8Array(writer.take())));
  const values = Array.from({ length: SAMPLES }, (_, i) => [
    `${BigInt(timeOf(i)) * 1_000_000n + BigInt(i)}`,
    `line ${i} "ä"`,
    { trace_id: TRACE, n: String(i) },
  ]);
  const push = { streams: [{ stream: { app: 'a', service_name: 'a', odd: 'q"\\' }, values }] };
  await target.take(batch('push-json', Buffer.from(JSON.stringify(push))));
  const spans = [
    {
      service: 'shop',
      traceId: TRACE,
      id: '00f067aa0ba902b7',
      name: 'GET /',
      startMs: START,
      durationMs: 30,
    },
    {
      service: 'db',
      traceId: TRACE,
      id: '00f067aa0ba902b8',
      parent: '00f067aa0ba902b7',
      name: 'select',
      startMs: START + 5,
      durationMs: 10,
      attributes: { rows: 3, ok: true },
      events: [{ name: 'retried', atMs: START + 7 }],
    },
  ];
  await target.take(batch('otlp-traces', otlpJsonToProtobuf('traces', Buffer.from(spansRequest(spans)))));
  await target.close();
});
after(() => rmSync(directory, { recursive: true }));

async function exported(...argv: string[]): Promise<void> {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const code = await exportCommand(['--data', data, ...argv], { out: say, err: say });
  assert.equal(code, 0, lines.join('\n'));
}

/** Of each series, in the order of `app`: what the server has of it. */
async function assertSamples(base: string): Promise<void> {
  const query = `app_things_total[${SAMPLES * 15 + 60}s]`;
  const url = `${base}/api/v1/query?${new URLSearchParams({ query, time: String(NOW / 1000) })}`;
  const { data } = (await (await fetch(url)).json()) as {
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  const found = data.result.sort((a, b) => (a.metric.app! < b.metric.app! ? -1 : 1));
  assert.deepEqual(
    found.map((series) => series.metric),
    SERIES.map((labels) => labels.toObject()),
  );
  for (const [s, { values }] of found.entries()) {
    const wanted = Array.from({ length: SAMPLES }, (_, i) => [timeOf(i), numberAt(s, i)]);
    assert.deepEqual(
      values.map(([t, v]) => [Math.round(t * 1000), Number(v)]),
      wanted,
    );
  }
}

async function withPrometheus(name: string, use: (base: string) => Promise<void>): Promise<void> {
  const dir = join(directory, name);
  mkdirSync(dir, { recursive: true });
  const flags = ['--web.enable-remote-write-receiver'];
  const peer = await runPrometheus({ dir, port: await freePort(), config: '{}', flags });
  try {
    await use(peer.base);
  } finally {
    await peer.program.stop();
  }
}

test('Prometheus takes remote-write', { skip: skipUnless(!!PROMETHEUS, PROMETHEUS_MISSING) }, async () => {
  const versions = prometheusVersion() >= 3 ? ['1.0', '2.0'] : ['1.0'];
  for (const version of versions) {
    await withPrometheus(`written-${version}`, async (base) => {
      const to = ['--to-url', `${base}/api/v1/write`, '--remote-write-version', version];
      await exported('--format', 'remote-write', ...to);
      await assertSamples(base);
    });
  }
});

test('promtool makes blocks of OpenMetrics, and Prometheus serves them', {
  skip: skipUnless(!!PROMETHEUS && !!PROMTOOL, PROMTOOL_MISSING),
}, async () => {
  const file = join(directory, 'metrics.om');
  await exported('--format', 'openmetrics', '--output', file);
  const blocks = join(directory, 'served', 'prometheus');
  mkdirSync(blocks, { recursive: true });
  execFileSync(PROMTOOL!, ['tsdb', 'create-blocks-from', 'openmetrics', file, blocks], { stdio: 'pipe' });
  await withPrometheus('served', assertSamples);
});

test('Loki takes pushes', { skip: LOKI ? false : LOKI_MISSING }, async () => {
  const dir = join(directory, 'loki');
  mkdirSync(dir);
  const loki = await runLoki(dir);
  try {
    await exported('--format', 'loki-push', '--to-url', `${loki.base}/loki/api/v1/push`);
    const params = {
      query: '{app="a"}',
      start: `${START}000000`,
      end: `${NOW}000000`,
      limit: '1000',
      direction: 'forward',
    };
    const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
    const answer = await fetch(`${loki.base}/loki/api/v1/query_range?${new URLSearchParams(params)}`, {
      headers,
    });
    const { data } = (await answer.json()) as {
      data: { result: { stream: unknown; values: [string, string, { structuredMetadata: object }][] }[] };
    };
    assert.equal(data.result.length, 1);
    assert.deepEqual(data.result[0]!.stream, { app: 'a', service_name: 'a', odd: 'q"\\' });
    const shown = data.result[0]!.values.map(([ns, line, { structuredMetadata: m }]) => {
      const { detected_level: _, ...own } = m as Record<string, string>;
      return [ns, line, own];
    });
    const wanted = Array.from({ length: SAMPLES }, (_, i) => [
      `${BigInt(timeOf(i)) * 1_000_000n + BigInt(i)}`,
      `line ${i} "ä"`,
      { trace_id: TRACE, n: String(i) },
    ]);
    assert.deepEqual(shown, wanted);
  } finally {
    await loki.program.stop();
  }
});

test('Jaeger takes OTLP and shows the trace', { skip: JAEGER ? false : JAEGER_MISSING }, async () => {
  const dir = join(directory, 'jaeger');
  mkdirSync(dir);
  const jaeger = await runJaeger(dir);
  try {
    await exported('--format', 'otlp', '--to-url', `${jaeger.otlp}/v1/traces`);
    await exported('--format', 'otlp-json', '--to-url', `${jaeger.otlp}/v1/traces`);
    await eventually(async () => {
      const answer = await fetch(`${jaeger.base}/api/traces/${TRACE}`);
      const { data } = (await answer.json()) as {
        data: { spans: { operationName: string; duration: number }[] }[];
      };
      const spans = data[0]!.spans.map((s) => `${s.operationName} ${s.duration}`);
      assert.deepEqual([...new Set(spans)].sort(), ['GET / 30000', 'select 10000']);
    });
  } finally {
    await jaeger.program.stop();
  }
});

test('Tempo takes OTLP and shows the trace', { skip: TEMPO ? false : TEMPO_MISSING }, async () => {
  const dir = join(directory, 'tempo');
  mkdirSync(dir);
  const tempo = await runTempo(dir);
  try {
    await exported('--format', 'otlp', '--to-url', `${tempo.push}/v1/traces`);
    await eventually(async () => {
      const text = await (await fetch(`${tempo.base}/api/traces/${TRACE}`)).text();
      for (const name of ['GET /', 'select', 'retried', 'rows']) assert.ok(text.includes(name), text);
    });
  } finally {
    await tempo.program.stop('SIGKILL');
  }
});
