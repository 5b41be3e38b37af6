/**
 * Rules, alerts and Alertmanagers together: whatever elements come and go, and whatever requests are lost, an Alertmanager that
 * has heard of every alert that was due of late believes the same alerts to be active as the rule does. One thing takes
 * longer, as it does with the original: where it did not hear that an alert was resolved, and the alert is pending by now, of
 * which nobody is told, it finds out as what it was told last expires.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLogger } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { DEFAULT_ALERTING, DEFAULT_ALERTMANAGER } from '../../../src/rules/notify/alertmanager-config.ts';
import { Notifier } from '../../../src/rules/notify/notifier.ts';
import { NotifyTelemetry } from '../../../src/rules/notify/notify-telemetry.ts';
import type { CheckedGroup } from '../../../src/rules/rule-group.ts';
import { RuleManager } from '../../../src/rules/rule-manager.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/rules/rule-settings.ts';
import { SampleStore } from '../../ingest/sample-store.ts';
import { ManualClock, settle } from '../../scrape/manual-clock.ts';
import { recordingAppender } from '../../scrape/recording-appender.ts';
import { ScriptedRunner } from '../scripted-runner.ts';
import { FakeAlertmanager } from './fake-alertmanager.ts';

const START_MS = 1_000_000 * 60_000;
const INTERVAL_MS = 30_000;
const RESEND_MS = 60_000;
/** Within so many evaluations every alert that is firing was due at least once: the delay has to be exceeded. */
const ROUNDS_UNTIL_RESENT = RESEND_MS / INTERVAL_MS + 1;
/** What was told is believed for so many evaluations. */
const ROUNDS_VALID = (4 * RESEND_MS) / INTERVAL_MS;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const QUERY = 'q';

const group = (forMs: number, keepFiringForMs: number): CheckedGroup => {
  const rule = { record: '', alert: 'A', expr: QUERY, labels: {}, annotations: {}, forMs, keepFiringForMs };
  const definition = { name: 'g', intervalMs: INTERVAL_MS, limit: 0, labels: {}, rules: [rule] };
  return { definition, queries: [QUERY] };
};

/** One evaluation: which elements there are (or that it fails), and what the network does to the Alertmanagers. */
interface Round {
  readonly elements: readonly string[] | undefined;
  readonly losing: readonly boolean[];
}

const round: fc.Arbitrary<Round> = fc.record({
  elements: fc.oneof(
    { weight: 9, arbitrary: fc.subarray(NAMES) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
  losing: fc.tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    fc.constant(false),
  ),
});

async function setUp(forMs: number, keepFiringForMs: number) {
  const clock = new ManualClock(START_MS);
  const runner = new ScriptedRunner();
  const fakes = [new FakeAlertmanager(), new FakeAlertmanager()];
  const log = createLogger('error', () => {});
  const telemetry = new Telemetry();
  const notifier = new Notifier({
    clock,
    log,
    telemetry: new NotifyTelemetry(telemetry, {
      active: () => [],
      queueLengths: () => [],
      queueCapacity: () => 0,
    }),
    userAgent: 'test',
    externalUrl: () => '',
    post: (url, ...rest) => fakes[Number(url[7])]!.post(url, ...rest),
  });
  const set = {
    ...DEFAULT_ALERTMANAGER,
    ...{ relabelConfigs: [], alertRelabelConfigs: [] },
    client: { followRedirects: true, httpHeaders: {} },
  };
  // Small batches, so that one of them can be lost.
  const settings = { ...DEFAULT_ALERTING, alertmanagers: [set], batchSize: 2 };
  const found = [{ targets: ['0', '1'], labels: {} }];
  notifier.apply(settings, {}, () => ({ start: (update) => update(found), stop: () => {} }));
  const manager = new RuleManager({
    ...{ clock, log, telemetry, runner },
    appender: recordingAppender(new SampleStore()),
    receiver: { listens: true, resendDelayMs: RESEND_MS, send: (report) => notifier.send(report) },
    ...{ concurrency: 1, timeoutMs: 30_000 },
    settings: {
      ...{ intervalMs: INTERVAL_MS, queryOffsetMs: 0, externalLabels: {}, externalUrl: '' },
      alerts: DEFAULT_ALERT_SETTINGS,
    },
  });
  const id = { tenant: 'fake', language: 'promql', namespace: 'f', name: 'g' } as const;
  await manager.put(id, group(forMs, keepFiringForMs));
  const firing = (): string[] => {
    const [rule] = manager.views('fake', 'promql')[0]!.rules;
    assert.ok(rule?.type === 'alerting');
    return rule.alerts
      .filter((alert) => alert.state === 'firing')
      .map((alert) => JSON.stringify(alert.labels))
      .sort();
  };
  return { clock, runner, fakes, firing, stop: () => manager.stop() };
}

async function check(rounds: readonly Round[], forMs: number, keepFiringForMs: number): Promise<void> {
  const { clock, runner, fakes, firing, stop } = await setUp(forMs, keepFiringForMs);
  // Evaluations, or what there were of them, since the last loss or failure.
  const wellFor = fakes.map(() => ROUNDS_VALID);
  for (const { elements, losing } of rounds) {
    const vector = elements && Object.fromEntries(elements.map((name) => [name, 1]));
    runner.answers.set(QUERY, vector ?? new Error('the query fails'));
    fakes.forEach((fake, i) => {
      const isLost = losing[i]!;
      fake.fate = isLost ? 'lost' : 'taken';
      wellFor[i] = isLost || !elements ? 0 : wellFor[i]! + 1;
    });
    await clock.advance(INTERVAL_MS);
    await settle();
    const now = firing();
    fakes.forEach((fake, i) => {
      const believed = fake.active(clock.now());
      const mayLag = forMs > 0 && wellFor[i]! < ROUNDS_VALID;
      const known = mayLag ? believed.filter((labels) => now.includes(labels)) : believed;
      if (wellFor[i]! >= ROUNDS_UNTIL_RESENT) assert.deepEqual(known, now);
    });
    // Nothing is ever lost on the way to the second one, which therefore knows at once.
    if (wellFor[1]! > 0) assert.deepEqual(fakes[1]!.active(clock.now()), now);
  }
  await stop();
}

describe('what Alertmanagers believe', () => {
  it('is what the rule says, as soon as they have heard of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: 1, maxLength: 60, size: 'max' }),
        fc.constantFrom(0, INTERVAL_MS, 3 * INTERVAL_MS),
        fc.constantFrom(0, 2 * INTERVAL_MS),
        check,
      ),
      { numRuns: 60 },
    );
  });

  it('outlives two resends that are lost in a row', async () => {
    const { clock, runner, fakes, firing, stop } = await setUp(0, 0);
    runner.answers.set(QUERY, { a: 1 });
    await clock.advance(INTERVAL_MS);
    await settle();
    assert.equal(firing().length, 1);
    fakes[0]!.fate = 'lost';
    for (let i = 1; i < ROUNDS_VALID; i++) {
      await clock.advance(INTERVAL_MS);
      await settle();
      assert.equal(fakes[0]!.active(clock.now()).length, 1, `evaluation ${i}`);
    }
    await clock.advance(INTERVAL_MS);
    assert.equal(fakes[0]!.active(clock.now()).length, 0, 'after that it is taken to be over');
    await stop();
  });
});
