/** Two runs of a shop, the second with a slower query, made more often, that fails at times: what `trilite diff` says of them. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import { diffCommand } from '../../src/cli/diff.ts';
import { DEFAULT_TOLERANCES, type Difference, differences } from '../../src/compare/differences.ts';
import type { Profile } from '../../src/compare/profile.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { start } from '../../src/main.ts';
import { postBody } from '../support/http-api.ts';
import { type MadeSpan, sendSpans } from '../support/otlp-spans.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite-diff-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const JSON_TYPE = { 'content-type': 'application/json' };
const nowMs = Date.now() - 60_000;

interface Run {
  readonly name: string;
  readonly queries: number;
  readonly queryMs: number;
  readonly failing: number;
  readonly line: string;
  readonly level: string;
  readonly metric: string;
}

const A: Run = {
  name: 'a',
  queries: 1,
  queryMs: 20,
  failing: 0,
  line: 'took order',
  level: 'info',
  metric: 'orders_total',
};
const B: Run = {
  ...A,
  name: 'b',
  queries: 4,
  queryMs: 200,
  failing: 5,
  line: 'cannot reach stock',
  level: 'error',
  metric: 'order_total',
};
const TRACES = 20;
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');

function spansOf({ queries, queryMs, failing }: Run): MadeSpan[] {
  return Array.from({ length: TRACES }, (_, t): MadeSpan[] => {
    const traceId = hex(t + 1, 32);
    const startMs = nowMs + t * 10;
    const root: MadeSpan = {
      service: 'shop',
      traceId,
      id: hex(1, 16),
      name: 'POST /order',
      kind: 'server',
      startMs,
      durationMs: 300,
    };
    const query = (q: number): MadeSpan => ({
      service: 'shop',
      traceId,
      id: hex(q + 2, 16),
      parent: hex(1, 16),
      name: 'SELECT stock',
      kind: 'client',
      startMs: startMs + 1,
      durationMs: queryMs,
      ...(t < failing && { error: 'deadlock' }),
    });
    return [root, ...Array.from({ length: queries }, (_, q) => query(q))];
  }).flat();
}

async function record(run: Run): Promise<string> {
  const dataDir = path.join(folder, run.name);
  const http = [{ host: '127.0.0.1', port: 0 }];
  const config = { ...DEFAULT_CONFIG, dataDir, http, otlpGrpc: undefined, selfScrape: false };
  const metricsGenerator = { ...DEFAULT_CONFIG.metricsGenerator, processors: [] };
  const running = await start({ ...config, metricsGenerator }, { openEngine: openLocalEngine, log: SILENT });
  const base = `http://127.0.0.1:${running.http[0]!.port}`;
  await sendSpans(base, spansOf(run));
  const values = Array.from({ length: 12 }, (_, i) => [
    `${nowMs + i}000000`,
    `level=${run.level} msg="${run.line}" id=${i}`,
  ]);
  const stream = { service_name: 'shop', level: run.level };
  await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams: [{ stream, values }] }));
  const dataPoints = [nowMs, nowMs + 5000].map((ms, i) => ({
    timeUnixNano: `${ms}000000`,
    asInt: String(100 * i),
  }));
  const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true };
  const metrics = [{ name: run.metric, sum }];
  const body = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
  await postBody(`${base}/v1/metrics`, JSON_TYPE, JSON.stringify(body));
  await running.stop();
  return dataDir;
}

describe('trilite diff', { timeout: 60_000 }, () => {
  let a: string;
  let b: string;
  before(async () => {
    a = await record(A);
    b = path.join(await record(B), 'trilite.db');
  });

  async function diff(...argv: string[]): Promise<{ code: number; text: string }> {
    let text = '';
    const output = { out: (line: string) => (text += line), err: (line: string) => (text += line) };
    return { code: await diffCommand(argv, output, { isTTY: false }), text };
  }

  it('finds a run like itself', async () => {
    const { code, text } = await diff(a, a);
    assert.equal(code, 0);
    assert.match(
      text,
      /^no differences\nA: 40 spans of 2 operations \(calls from 20 traces\), 12 lines of 1 templates, 1 metrics$/m,
    );
  });

  it('tells what is worse in the second, by signal, and fails', async () => {
    const { code, text } = await diff('--output=json', a, b);
    assert.equal(code, 1);
    const found = (JSON.parse(text) as { differences: Difference[] }).differences;
    const of = (kind: string) =>
      found
        .filter((one) => one.kind === kind)
        .map(({ judgement, subject, before, after }) => [judgement, subject, before, after]);
    const query = 'shop: SELECT stock (client)';
    assert.deepEqual(of('errors'), [['worse', query, '0 % failed (0 of 20)', '25 % failed (20 of 80)']]);
    const [[judgement, subject] = []] = of('duration');
    assert.deepEqual([judgement, subject], ['worse', query]);
    assert.deepEqual(of('count'), [['changed', query, '20 spans', '80 spans']]);
    assert.deepEqual(of('call_count'), [['worse', 'shop: POST /order → shop: SELECT stock', '×1', '×4']]);
    assert.deepEqual(
      of('pattern_new').map(([how, what]) => [how, /cannot reach stock/.test(what!)]),
      [['worse', true]],
    );
    assert.deepEqual(
      of('pattern_gone').map(([how]) => how),
      ['changed'],
    );
    assert.deepEqual(of('metric_new'), [['changed', 'order_total', '–', '1 series']]);
    assert.deepEqual(of('metric_gone'), [['changed', 'orders_total', '1 series', '–']]);
    assert.equal(found[0]!.judgement, 'worse');
  });

  it('prints worse ones first, and goes by tolerances and what is to fail', async () => {
    const { code, text } = await diff('--fail-on', 'worse', b, a);
    assert.equal(code, 0);
    assert.match(text, /▼ shop: SELECT stock \(client\): 25 % failed \(20 of 80\) → 0 % failed \(0 of 20\)/);
    const tolerant = await diff('--factor', '1000', '--errors', '1', '--fail-on=never', a, b);
    assert.equal(tolerant.code, 0);
    assert.doesNotMatch(tolerant.text, /failed|p95|×/);
  });

  it('says what is wrong with flags and databases', async () => {
    await assert.rejects(
      diff(a),
      (error) => error instanceof ConfigError && /two databases/.test(error.message),
    );
    await assert.rejects(diff('--factor=0.5', a, b), /--factor: "0.5" is no number from 1 on/);
    await assert.rejects(diff('--fail-on=often', a, b), /--fail-on: "often" is none of any, worse, never/);
    await assert.rejects(diff(a, path.join(folder, 'nothing.db')), /there is no database at/);
    await assert.rejects(diff(a, import.meta.filename), /no database|not a database/i);
  });
});

describe('differences', () => {
  const none: Profile = { operations: [], calls: [], traces: 0, tracesCut: false, patterns: [], metrics: [] };
  const operation = (count: number, errors: number, p95Seconds: number) => ({
    ...none,
    operations: [{ service: 's', name: 'n', kind: 'server', count, errors, p95Seconds }],
  });
  const kinds = (before: Profile, after: Profile) =>
    differences(before, after, DEFAULT_TOLERANCES).map(({ kind, judgement }) => `${kind} ${judgement}`);

  it('are none within the tolerances', () => {
    assert.deepEqual(kinds(operation(100, 0, 0.1), operation(140, 1, 0.14)), []);
    // Short durations and small numbers are chance.
    assert.deepEqual(kinds(operation(2, 0, 0.0001), operation(8, 0, 0.004)), []);
  });

  it('have a direction', () => {
    assert.deepEqual(kinds(operation(100, 0, 0.1), operation(100, 5, 0.1)), ['errors worse']);
    assert.deepEqual(kinds(operation(100, 5, 0.1), operation(100, 0, 0.1)), ['errors better']);
    assert.deepEqual(kinds(operation(100, 0, 0.1), operation(100, 0, 0.2)), ['duration worse']);
    assert.deepEqual(kinds(operation(100, 0, 0.2), operation(100, 0, 0.1)), ['duration better']);
    assert.deepEqual(kinds(none, operation(1, 1, 0.1)), ['operation_new worse']);
    assert.deepEqual(kinds(operation(1, 1, 0.1), none), ['operation_gone changed']);
  });

  it('of calls are told where their trace is in both', () => {
    const calls = (...own: [root: string, child: string, perParent: number][]) => ({
      ...none,
      calls: own.map(([root, child, perParent]) => ({ root, parent: root, child, perParent })),
    });
    assert.deepEqual(kinds(calls(), calls(['r', 'x', 1])), []);
    assert.deepEqual(kinds(calls(['r', 'x', 1]), calls(['r', 'x', 1], ['r', 'y', 1])), ['call_new changed']);
    assert.deepEqual(kinds(calls(['r', 'x', 4]), calls(['r', 'x', 1])), ['call_count better']);
    assert.deepEqual(kinds(calls(['r', 'x', 0.1]), calls(['r', 'x', 0.3])), []);
  });
});
