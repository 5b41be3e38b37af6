/** From alerts to requests: labels, relabelling, bodies, queues, what becomes of them when an Alertmanager fails or goes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { Labels } from '../../../src/model/labels.ts';
import { DEFAULT_RELABEL_CONFIG, type RelabelConfig } from '../../../src/model/relabel.ts';
import type { AlertReport, DueAlert } from '../../../src/rules/due-alerts.ts';
import {
  type AlertingSettings,
  type AlertmanagerConfig,
  type AlertmanagerGroup,
  DEFAULT_ALERTING,
  DEFAULT_ALERTMANAGER,
} from '../../../src/rules/notify/alertmanager-config.ts';
import { Notifier } from '../../../src/rules/notify/notifier.ts';
import { NotifyTelemetry } from '../../../src/rules/notify/notify-telemetry.ts';
import { ManualClock, settle } from '../../scrape/manual-clock.ts';
import { FakeAlertmanager } from './fake-alertmanager.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');
const URL_A = 'http://a:9093/api/v2/alerts';
const URL_B = 'http://b:9093/api/v2/alerts';

interface Set extends AlertmanagerConfig {
  readonly found: readonly AlertmanagerGroup[];
}

function set(targets: readonly string[], more: Partial<Set> = {}): Set {
  return {
    ...DEFAULT_ALERTMANAGER,
    relabelConfigs: [],
    alertRelabelConfigs: [],
    client: { followRedirects: true, httpHeaders: {} },
    found: [{ targets, labels: {} }],
    ...more,
  };
}

const rule = (config: Partial<RelabelConfig>): RelabelConfig => ({ ...DEFAULT_RELABEL_CONFIG, ...config });

function alert(labels: Record<string, string>, annotations: Record<string, string> = {}): DueAlert {
  return {
    labels: Labels.from(labels),
    annotations: Labels.from(annotations).toBytes(),
    firedAtMs: START_MS,
    endsAtMs: START_MS + 240_000,
  };
}

const report = (alerts: readonly DueAlert[], more: Partial<AlertReport> = {}): AlertReport => ({
  language: 'promql',
  tenant: undefined,
  query: 'up == 0',
  firesAgainMs: 0,
  alerts,
  ...more,
});

function setUp(settings: Partial<AlertingSettings<Set>>, externalLabels: Record<string, string> = {}) {
  const clock = new ManualClock(START_MS);
  const fakes = new Map<string, FakeAlertmanager>();
  const fake = (url: string): FakeAlertmanager => {
    const known = fakes.get(url) ?? new FakeAlertmanager();
    fakes.set(url, known);
    return known;
  };
  const lines: string[] = [];
  const telemetry = new Telemetry();
  const updates: ((groups: readonly AlertmanagerGroup[]) => void)[] = [];
  const notifier: Notifier<Set> = new Notifier<Set>({
    clock,
    log: createLogger('info', (line) => lines.push(line)),
    telemetry: new NotifyTelemetry(telemetry, {
      active: () => notifier.active(),
      queueLengths: () => notifier.queueLengths(),
      queueCapacity: () => settings.queueCapacity ?? DEFAULT_ALERTING.queueCapacity,
    }),
    userAgent: 'test',
    externalUrl: () => 'http://trilite:9090',
    post: (url, ...rest) => fake(url).post(url, ...rest),
  });
  const apply = (more: Partial<AlertingSettings<Set>>): void =>
    notifier.apply({ ...DEFAULT_ALERTING, ...settings, ...more }, externalLabels, ({ found }) => ({
      start: (update) => {
        updates.push(update);
        update(found);
      },
      stop: () => {},
    }));
  apply({});
  const metric = (name: string, url?: string): number | undefined => {
    const label = url === undefined ? '' : `{alertmanager="${url}"}`;
    const line = telemetry
      .print()
      .split('\n')
      .find((l) => l.startsWith(`prometheus_notifications_${name}${label} `));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  return { clock, notifier, fake, lines, apply, updates, metric, telemetry };
}

describe('a notifier', () => {
  it('sends what the API takes, with external labels where the alert has none of the name', async () => {
    const { notifier, fake } = setUp({ alertmanagers: [set(['a:9093'])] }, { zone: 'z', job: 'external' });
    await notifier.send(report([alert({ alertname: 'A', job: 'own' }, { summary: 'ü' })]));
    await settle();
    const [request] = fake(URL_A).requests;
    assert.deepEqual(request, {
      url: URL_A,
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'test' },
      alerts: [
        {
          annotations: { summary: 'ü' },
          endsAt: '2026-01-01T00:04:00.000Z',
          startsAt: '2026-01-01T00:00:00.000Z',
          generatorURL: 'http://trilite:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
          labels: { alertname: 'A', job: 'own', zone: 'z' },
        },
      ],
    });
  });

  it('leads from an alert of LogQL to Explore, and says whose it is', async () => {
    const { notifier, fake } = setUp({ alertmanagers: [set(['a:9093'])] });
    const query = 'rate({a="b"}[1m]) > 1';
    await notifier.send(report([alert({ a: '1' })], { language: 'logql', query, tenant: 't1' }));
    await settle();
    const [request] = fake(URL_A).requests;
    assert.equal(request!.headers['X-Scope-OrgID'], 't1');
    const url = new URL(request!.alerts[0]!.generatorURL);
    assert.equal(url.pathname, '/explore');
    assert.deepEqual(JSON.parse(url.searchParams.get('left')!), {
      queries: [{ expr: query, queryType: 'range' }],
    });
    assert.equal(request!.alerts[0]!.annotations, undefined);
  });

  it('relabels for all, then for a set', async () => {
    const { notifier, fake } = setUp({
      alertRelabelConfigs: [
        rule({ sourceLabels: ['severity'], regex: 'info', action: 'drop' }),
        rule({ regex: 'replica', action: 'labeldrop' }),
      ],
      alertmanagers: [
        set(['a:9093'], {
          alertRelabelConfigs: [rule({ sourceLabels: ['team'], regex: 'x', action: 'keep' })],
        }),
        set(['b:9093']),
      ],
    });
    await notifier.send(
      report([
        alert({ n: '1', severity: 'info' }),
        alert({ n: '2', replica: 'r', team: 'x' }),
        alert({ n: '3' }),
      ]),
    );
    await settle();
    assert.deepEqual(
      fake(URL_A).alerts.map((a) => a.labels),
      [{ n: '2', team: 'x' }],
    );
    assert.deepEqual(
      fake(URL_B).alerts.map((a) => a.labels),
      [{ n: '2', team: 'x' }, { n: '3' }],
    );
  });

  it('sends batches one after another, each to every Alertmanager whatever becomes of the other', async () => {
    const { notifier, fake, metric } = setUp({ batchSize: 2, alertmanagers: [set(['a:9093', 'b:9093'])] });
    fake(URL_A).fate = 'held';
    const alerts = ['1', '2', '3', '4', '5'].map((n) => alert({ n }));
    await notifier.send(report(alerts));
    await settle();
    assert.deepEqual(
      fake(URL_B).requests.map((r) => r.alerts.map((a) => a.labels.n)),
      [['1', '2'], ['3', '4'], ['5']],
    );
    assert.equal(fake(URL_A).requests.length, 0);
    assert.equal(metric('queue_length', URL_A), 3);
    assert.equal(metric('queue_length', URL_B), 0);
    fake(URL_A).release();
    await settle();
    await settle();
    assert.equal(fake(URL_A).requests.length, 3);
    assert.equal(metric('sent_total', URL_A), 5);
  });

  it('keeps tenants apart in requests', async () => {
    const { notifier, fake } = setUp({ alertmanagers: [set(['a:9093'])] });
    fake(URL_A).fate = 'held';
    for (const tenant of ['x', 'x', 'y', 'x']) {
      await notifier.send(report([alert({ a: 'b' })], { tenant }));
    }
    await settle();
    fake(URL_A).release();
    for (let i = 0; i < 3; i++) await settle();
    assert.deepEqual(
      fake(URL_A).requests.map((r) => [r.headers['X-Scope-OrgID'], r.alerts.length]),
      [
        ['x', 1],
        ['x', 1],
        ['y', 1],
        ['x', 1],
      ],
    );
  });

  it('drops the oldest where the queue is full, counts them and says so once', async () => {
    const { notifier, fake, metric, lines } = setUp({
      queueCapacity: 3,
      batchSize: 1,
      alertmanagers: [set(['a:9093'])],
    });
    fake(URL_A).fate = 'held';
    for (const n of ['1', '2', '3', '4', '5', '6']) await notifier.send(report([alert({ n })]));
    await settle();
    assert.equal(metric('queue_length', URL_A), 3);
    assert.equal(metric('queue_capacity'), 3);
    assert.equal(metric('dropped_total', URL_A), 2);
    fake(URL_A).release();
    for (let i = 0; i < 4; i++) await settle();
    assert.deepEqual(
      fake(URL_A).alerts.map((a) => a.labels.n),
      ['1', '4', '5', '6'],
    );
    assert.equal(lines.filter((l) => l.includes('queue is full')).length, 1);
  });

  it('sends nothing where nothing may wait, and goes on when something may', async () => {
    const { notifier, fake, apply, metric } = setUp({ queueCapacity: 0, alertmanagers: [set(['a:9093'])] });
    await notifier.send(report([alert({ n: '1' })]));
    assert.equal(metric('dropped_total', URL_A), 1);
    apply({ queueCapacity: 1 });
    await notifier.send(report([alert({ n: '2' })]));
    await settle();
    assert.deepEqual(
      fake(URL_A).alerts.map((a) => a.labels.n),
      ['2'],
    );
  });

  it('drops what an Alertmanager does not take, and says when that begins and ends', async () => {
    const { notifier, fake, metric, lines } = setUp({ alertmanagers: [set(['a:9093'])] });
    const send = async (fate: FakeAlertmanager['fate']): Promise<void> => {
      fake(URL_A).fate = fate;
      await notifier.send(report([alert({ n: fate })]));
      await settle();
    };
    for (const fate of ['refused', 'lost', 'refused', 'taken', 'taken', 'lost'] as const) await send(fate);
    const told = lines.map((l) => l.replace(/.*msg=/, ''));
    assert.equal(told.length, 3, told.join('\n'));
    assert.match(told[0]!, /cannot be sent.*bad response status 503 Service Unavailable/);
    assert.match(told[1]!, /sent again/);
    assert.match(told[2]!, /cannot be sent.*lost/);
    assert.equal(metric('errors_total', URL_A), 4);
    assert.equal(metric('dropped_total', URL_A), 4);
    assert.equal(metric('sent_total', URL_A), 2);
    assert.equal(metric('latency_histogram_seconds_count', URL_A), 2);
  });

  it('waits for an Alertmanager no longer than its timeout', async () => {
    const { notifier, fake, clock, lines, metric } = setUp({ alertmanagers: [set(['a:9093'])] });
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' })]));
    await settle();
    await clock.advance(9_999);
    assert.equal(metric('errors_total', URL_A), 0);
    await clock.advance(1);
    assert.equal(metric('errors_total', URL_A), 1);
    assert.match(lines[0]!, /context deadline exceeded/);
  });
});

describe('Alertmanagers of a notifier', () => {
  it('are known by their URL; relabelling may change it, or drop them', () => {
    const { notifier, lines } = setUp({
      alertmanagers: [
        set(['a:9093', 'a:9093', 'c:9093', 'b/x'], {
          scheme: 'https',
          pathPrefix: '/am/',
          relabelConfigs: [rule({ sourceLabels: ['__address__'], regex: 'c:.*', action: 'drop' })],
        }),
        set(['b:9093'], {
          relabelConfigs: [
            rule({ targetLabel: '__scheme__', replacement: 'https' }),
            rule({ targetLabel: '__alerts_path__', replacement: '/own path' }),
          ],
        }),
      ],
    });
    assert.deepEqual(notifier.active(), ['https://a:9093/am/api/v2/alerts', 'https://b:9093/own%20path']);
    assert.deepEqual(notifier.dropped(), ['https://c:9093/am/api/v2/alerts']);
    assert.match(lines[0]!, /b\/x.* is not a valid hostname/);
  });

  it('come and go with discovery; one that goes is sent what waits, and takes its metrics along', async () => {
    const { notifier, fake, updates, metric } = setUp({ batchSize: 1, alertmanagers: [set(['a:9093'])] });
    assert.equal(metric('sent_total', URL_A), 0, 'there before anything was sent');
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' }), alert({ n: '2' })]));
    await settle();
    updates[0]!([{ targets: ['b:9093'], labels: {} }]);
    assert.deepEqual(notifier.active(), [URL_B]);
    await notifier.send(report([alert({ n: '3' })]));
    fake(URL_A).release();
    for (let i = 0; i < 3; i++) await settle();
    assert.equal(fake(URL_A).alerts.length, 2);
    assert.equal(fake(URL_B).alerts.length, 1);
    assert.equal(metric('sent_total', URL_A), undefined);
    assert.equal(metric('alertmanagers_discovered'), 1);
  });

  it('go on undisturbed where another configuration has their set too', async () => {
    const kept = set(['a:9093']);
    const { notifier, fake, apply, updates } = setUp({ alertmanagers: [kept, set(['b:9093'])] });
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' }), alert({ n: '2' })]));
    apply({ alertmanagers: [set(['c:9093']), { ...kept }] });
    assert.equal(updates.length, 3, 'the set that stays is not looked for again');
    assert.deepEqual(notifier.active(), ['http://c:9093/api/v2/alerts', URL_A]);
    await notifier.send(report([alert({ n: '3' })]));
    fake(URL_A).release();
    for (let i = 0; i < 3; i++) await settle();
    assert.deepEqual(
      fake(URL_A).alerts.map((a) => a.labels.n),
      ['1', '2', '3'],
    );
  });

  it('keep their metrics where a set changes but for the URL', async () => {
    const { apply, metric } = setUp({ alertmanagers: [set(['a:9093'])] });
    apply({ alertmanagers: [set(['a:9093'], { timeoutMs: 1 })] });
    await settle();
    assert.equal(metric('sent_total', URL_A), 0);
  });
});

describe('the end of a notifier', () => {
  it('sends what waits', async () => {
    const { notifier, fake } = setUp({ batchSize: 1, alertmanagers: [set(['a:9093'])] });
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' }), alert({ n: '2' })]));
    await settle();
    const ended = notifier.stop(new AbortController().signal);
    fake(URL_A).release();
    await ended;
    assert.equal(fake(URL_A).alerts.length, 2);
  });

  it('waits no longer than it may', async () => {
    const { notifier, fake, lines } = setUp({ batchSize: 1, alertmanagers: [set(['a:9093', 'b:9093'])] });
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' }), alert({ n: '2' })]));
    await settle();
    const cutOff = new AbortController();
    const ended = notifier.stop(cutOff.signal);
    cutOff.abort();
    await ended;
    assert.equal(fake(URL_A).alerts.length, 0);
    assert.equal(fake(URL_B).alerts.length, 2);
    assert.ok(lines.some((l) => l.includes('not sent before the end') && l.includes('count=1')));
  });

  it('sends nothing more where it is told not to', async () => {
    const { notifier, fake } = setUp({
      batchSize: 1,
      drainsOnShutdown: false,
      alertmanagers: [set(['a:9093'])],
    });
    fake(URL_A).fate = 'held';
    await notifier.send(report([alert({ n: '1' }), alert({ n: '2' })]));
    await settle();
    const ended = notifier.stop(new AbortController().signal);
    fake(URL_A).release();
    await ended;
    assert.deepEqual(
      fake(URL_A).alerts.map((a) => a.labels.n),
      ['1'],
      'what was under way arrives',
    );
  });
});
