/**
 * A real Prometheus and Trilite with the same rules on the same target: what both send to Alertmanagers is the same, alert by
 * alert: in which order they fire and are resolved, with which labels, annotations and links, and how long it is to be believed.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  type Prometheus,
  runPrometheus,
} from '../../clients/prometheus/run-prometheus.ts';
import { type Received, type Recorder, startRecorder } from '../../support/alert-recorder.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const SENDERS = ['prometheus', 'trilite'] as const;
const EXTERNAL_URL = 'http://prometheus.example/sub';
const RESEND_SECONDS = 2;

const RULES = `
groups:
  - name: every second
    interval: 1s
    rules:
      - alert: AtOnce
        expr: test_value>5
        labels: { severity: page, value: "{{ $value }}" }
        annotations: { summary: 'ü "{{ $labels.name }}" <&> {{ $externalLabels.zone }}' }
      - alert: Later
        expr: sum by (name) (test_value{name=~"a.*|b"}) > 5 and on (name) test_value != 7
        for: 2s
      - alert: Lasting
        expr: test_value{name="a"} > 5
        keep_firing_for: 2s
        annotations: { value: "{{ $value }}" }
      - alert: Unwanted
        expr: vector(1)
  - name: every five seconds
    interval: 5s
    rules:
      - alert: Seldom
        expr: test_value{name="a"} > 5
`;

/** Values of `test_value` by its label `name`. */
type Values = Readonly<Record<string, number>>;

interface Target {
  readonly address: string;
  values: Values;
  stop(): void;
}

async function startTarget(): Promise<Target> {
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4');
    response.end(
      Object.entries(target.values)
        .map(([name, value]) => `test_value{name="${name}"} ${value}\n`)
        .join(''),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target: Target = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    values: {},
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return target;
}

function config(sender: string, target: Target, recorder: Recorder): object {
  return {
    global: { scrape_interval: '1s', external_labels: { zone: 'z', job: 'external' } },
    scrape_configs: [{ job_name: 'j', static_configs: [{ targets: [target.address] }] }],
    alerting: {
      alert_relabel_configs: [
        { source_labels: ['alertname'], regex: 'Unwanted', action: 'drop' },
        { regex: 'instance', action: 'labeldrop' },
        { source_labels: ['name', 'zone'], target_label: 'both', separator: '-' },
      ],
      alertmanagers: [{ path_prefix: sender, static_configs: [{ targets: [recorder.address] }] }],
    },
  };
}

/** Of each alert, in the order of names: firing, resolved, firing … each told once. */
function histories(received: readonly Received[]): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const { alerts, atMs } of received) {
    for (const { labels, endsAt } of alerts) {
      const state = Date.parse(endsAt) > atMs ? 'firing' : 'resolved';
      const history = (out[JSON.stringify(Object.entries(labels).sort())] ??= []);
      if (history.at(-1) !== state) history.push(state);
    }
  }
  return Object.fromEntries(Object.entries(out).sort());
}

/** An alert as text without its times. */
function shapes(received: readonly Received[]): string[] {
  const texts = received.flatMap(({ text, alerts }) => {
    // Alerts of one request as they are written, which parsing and printing again leaves as it is.
    assert.equal(JSON.stringify(alerts), unescapeHtml(text));
    return alerts.map((alert) =>
      JSON.stringify(alert).replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g, 'TIME'),
    );
  });
  return [...new Set(texts)].sort();
}

/** Go writes these so that a body may stand in a page. */
function unescapeHtml(text: string): string {
  return text.replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replaceAll('\\u0026', '&');
}

/** Of alerts as they fire first: for how many milliseconds that is to be believed. */
function validities(received: readonly Received[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const { labels, startsAt, endsAt } of received.flatMap((r) => r.alerts)) {
    out[`${labels.alertname} ${labels.name}`] ??= Date.parse(endsAt) - Date.parse(startsAt);
  }
  return out;
}

describe('alerts sent by Prometheus and by Trilite', {
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
  timeout: 120_000,
}, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-notify-'));
  const stops: (() => unknown)[] = [];
  let recorder: Recorder;
  let target: Target;

  before(async () => {
    recorder = await startRecorder();
    target = await startTarget();
    stops.push(recorder.stop, target.stop);
    fs.writeFileSync(path.join(dir, 'rules.yml'), RULES);
    const resend = `--rules.alert.resend-delay=${RESEND_SECONDS}s`;
    const prometheus: Prometheus = await runPrometheus({
      dir,
      port: await freePort(),
      config: JSON.stringify({ ...config('prometheus', target, recorder), rule_files: ['rules.yml'] }),
      flags: [resend, `--web.external-url=${EXTERNAL_URL}`, '--web.route-prefix=/'],
    });
    stops.push(() => prometheus.program.stop('SIGKILL'));
    const own = { ...config('trilite', target, recorder), rule_files: ['rules.yml'] };
    fs.writeFileSync(path.join(dir, 'trilite.yml'), JSON.stringify(own));
    const server: TestServer = await startServer({
      dataDir: path.join(dir, 'trilite'),
      args: ['--config', path.join(dir, 'trilite.yml'), resend, `--web.external-url=${EXTERNAL_URL}`],
    });
    stops.push(() => server.stop('SIGKILL'));
  });

  after(async () => {
    for (const stop of stops.reverse()) await stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Waits until both have told as much of the alert. */
  async function untilTold(name: string, series: string, history: readonly string[]): Promise<void> {
    await eventually(async () => {
      for (const sender of SENDERS) {
        const found = Object.entries(histories(recorder.from(sender))).find(
          ([labels]) => labels.includes(`"${name}"`) && labels.includes(`["name","${series}"]`),
        );
        assert.deepEqual(found?.[1], history, `${sender}: ${name} of ${series}`);
      }
    }, 20_000);
  }

  test('fire and are resolved in the same order', async () => {
    target.values = { a: 9, b: 6, c: 1 };
    for (const name of ['AtOnce', 'Later']) await untilTold(name, 'b', ['firing']);
    await untilTold('Seldom', 'a', ['firing']);
    await untilTold('Lasting', 'a', ['firing']);
    target.values = { b: 6, c: 1 };
    for (const name of ['AtOnce', 'Later', 'Lasting', 'Seldom']) {
      await untilTold(name, 'a', ['firing', 'resolved']);
    }
    target.values = { a: 7, b: 1, c: 8 };
    for (const name of ['AtOnce', 'Later']) await untilTold(name, 'b', ['firing', 'resolved']);
    await untilTold('Lasting', 'a', ['firing', 'resolved', 'firing']);
    await untilTold('AtOnce', 'c', ['firing']);
    await untilTold('Seldom', 'a', ['firing', 'resolved', 'firing']);
    const [theirs, ours] = SENDERS.map((sender) => histories(recorder.from(sender)));
    assert.ok(Object.keys(theirs!).length >= 7);
    assert.deepEqual(ours, theirs);
  });

  test('are written the same way', () => {
    const [theirs, ours] = SENDERS.map((sender) => shapes(recorder.from(sender)));
    assert.deepEqual(ours, theirs);
    const [first, own] = SENDERS.map((sender) =>
      recorder.from(sender).map(({ method, path, headers }) => ({ method, path, headers })),
    );
    assert.deepEqual(own![0], first![0]);
  });

  test('are to be believed for as long', () => {
    const [theirs, ours] = SENDERS.map((sender) => validities(recorder.from(sender)));
    assert.deepEqual(ours, theirs);
    assert.equal(ours!['AtOnce b'], 4 * RESEND_SECONDS * 1000);
    assert.equal(ours!['Seldom a'], 4 * 5000);
  });
});
