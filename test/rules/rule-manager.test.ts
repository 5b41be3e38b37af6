/** Groups over time: when they run, what they write, what becomes of them when they change, fail or go. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { CheckedGroup, GroupDefinition, GroupId, RuleDefinition } from '../../src/rules/rule-group.ts';
import { RuleManager } from '../../src/rules/rule-manager.ts';
import { DEFAULT_ALERT_SETTINGS, type RuleSettings } from '../../src/rules/rule-settings.ts';
import type { Refusal } from '../../src/storage/interface.ts';
import { SampleStore } from '../ingest/sample-store.ts';
import { ManualClock, settle } from '../scrape/manual-clock.ts';
import { recordingAppender } from '../scrape/recording-appender.ts';
import { ScriptedRunner } from './scripted-runner.ts';

const MINUTE_MS = 60_000;
const SETTINGS: RuleSettings = {
  intervalMs: MINUTE_MS,
  queryOffsetMs: 0,
  alerts: DEFAULT_ALERT_SETTINGS,
  externalLabels: {},
  externalUrl: 'http://here:9090',
};
const START_MS = 1_000_000 * MINUTE_MS;

const RULE: RuleDefinition = {
  record: '',
  alert: '',
  expr: '',
  forMs: 0,
  keepFiringForMs: 0,
  labels: {},
  annotations: {},
};

function group(rules: readonly Partial<RuleDefinition>[], more: Partial<GroupDefinition> = {}): CheckedGroup {
  const whole = rules.map((rule) => ({ ...RULE, ...rule }));
  const definition = { name: 'g', intervalMs: MINUTE_MS, limit: 0, labels: {}, rules: whole, ...more };
  return { definition, queries: whole.map((rule) => rule.expr) };
}

function setUp() {
  const clock = new ManualClock(START_MS);
  const runner = new ScriptedRunner();
  const store = new SampleStore();
  const lines: string[] = [];
  const telemetry = new Telemetry();
  const refuse: Refusal[] = [];
  const recording = recordingAppender(store);
  const manager = new RuleManager({
    clock,
    runner,
    telemetry,
    log: createLogger('info', (line) => lines.push(line)),
    appender: {
      append: async (batch, options) => ({ ...(await recording.append(batch, options)), refused: refuse }),
    },
    concurrency: 1,
    timeoutMs: 30_000,
    settings: SETTINGS,
  });
  const id = (name = 'g'): GroupId => ({ tenant: 'fake', language: 'logql', namespace: 'ns', name });
  return { clock, runner, store, lines, telemetry, manager, id, refuse };
}

/** `name{x}` → values of its samples, `stale` among them. */
function samples(store: SampleStore): Record<string, (number | 'stale')[]> {
  return Object.fromEntries(
    [...store.series.values()].map(({ labels, samples: all }) => [
      `${labels.get('__name__')}{${labels.get('x')}}${labels.get('alertstate')}`,
      all.map((s) => (s.stale ? 'stale' : s.value)),
    ]),
  );
}

function metric(telemetry: Telemetry, name: string): string {
  const line = telemetry
    .print()
    .split('\n')
    .find((l) => l.startsWith(`${name}{`));
  return line?.slice(line.lastIndexOf(' ') + 1) ?? 'none';
}

describe('a rule group', () => {
  it('runs once in each interval, at the same place of it, whatever its start', async () => {
    const times: number[] = [];
    for (const shift of [0, 25_000]) {
      const { clock, runner, manager, id } = setUp();
      await clock.advance(shift);
      await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
      await clock.advance(2 * MINUTE_MS);
      assert.equal(runner.asked.length, 2);
      assert.equal(runner.asked[1]!.timeMs - runner.asked[0]!.timeMs, MINUTE_MS);
      times.push(runner.asked[0]!.timeMs % MINUTE_MS);
    }
    assert.equal(times[0], times[1]);
  });

  it('of PromQL runs when Prometheus runs it', async () => {
    // Milliseconds of the second, and of seven, at which a real one evaluated groups of these names in `rules.yml`.
    const places = [
      ['g1', 1000, 891],
      ['a longer name, of more than thirty-two bytes', 7000, Date.parse('2026-11-29T20:04:29.654Z') % 7000],
    ] as const;
    for (const [name, intervalMs, place] of places) {
      const { clock, runner, manager } = setUp();
      const id: GroupId = { tenant: 'fake', language: 'promql', namespace: 'rules.yml', name };
      await manager.put(id, group([{ record: 'r', expr: 'q' }], { name, intervalMs }));
      await clock.advance(intervalMs);
      assert.equal(runner.asked[0]!.timeMs % intervalMs, place);
    }
  });

  it('has a place of its own in the interval', async () => {
    const { clock, runner, manager, id } = setUp();
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const name of names) await manager.put(id(name), group([{ record: 'r', expr: name }], { name }));
    await clock.advance(MINUTE_MS);
    assert.equal(runner.asked.length, names.length);
    assert.ok(new Set(runner.asked.map((a) => a.timeMs)).size > 3);
  });

  it('evaluates its rules in order, at one moment, its query offset before it', async () => {
    const { clock, runner, store, manager, id } = setUp();
    runner.answers.set('one', { a: 1 });
    const rules = [
      { record: 'r', expr: 'one' },
      { alert: 'A', expr: 'two' },
    ];
    await manager.put(id(), group(rules, { queryOffsetMs: 5000 }));
    await clock.advance(MINUTE_MS);
    assert.deepEqual(
      runner.asked.map((a) => a.query),
      ['one', 'two'],
    );
    const [first, second] = runner.asked;
    assert.equal(first!.timeMs, second!.timeMs);
    const [series] = store.series.values();
    assert.equal(series!.samples[0]!.timeMs, first!.timeMs);
    const [view] = manager.views('fake', 'logql');
    assert.equal(view!.lastEvaluationMs, first!.timeMs + 5000);
  });

  it('counts the moments that passed while a rule took too long', async () => {
    const { clock, runner, manager, telemetry, id } = setUp();
    let finish: (vector: Record<string, number>) => void = () => {};
    await manager.put(id(), group([{ record: 'r', expr: 'slow' }], { intervalMs: 10_000 }));
    runner.answers.set(
      'slow',
      new Promise((resolve) => {
        finish = resolve;
      }),
    );
    await clock.advance(10_000);
    const [first] = runner.asked;
    await clock.advance(25_000 - (clock.now() - first!.timeMs));
    assert.equal(runner.asked.length, 1);
    runner.answers.set('slow', {});
    finish({});
    await settle();
    await clock.advance(0);
    assert.equal(runner.asked.length, 2);
    assert.equal(runner.asked[1]!.timeMs, first!.timeMs + 20_000);
    assert.equal(metric(telemetry, 'prometheus_rule_group_iterations_missed_total'), '1');
    assert.equal(metric(telemetry, 'prometheus_rule_group_iterations_total'), '3');
  });

  it('gives a rule up that takes longer than its deadline', async () => {
    const { clock, runner, manager, id } = setUp();
    runner.answers.set('slow', new Promise(() => {}));
    await manager.put(id(), group([{ record: 'r', expr: 'slow' }]));
    await clock.advance(2 * MINUTE_MS);
    const [rule] = manager.views('fake', 'logql')[0]!.rules;
    assert.equal(rule!.health, 'err');
    assert.equal(rule!.lastError, 'the rule took too long to evaluate');
  });
});

describe('what rules write', () => {
  it('ends when a series vanishes', async () => {
    const { clock, runner, store, manager, id } = setUp();
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    runner.answers.set('q', { a: 1, b: 2 });
    await clock.advance(MINUTE_MS);
    runner.answers.set('q', { b: 3 });
    await clock.advance(2 * MINUTE_MS);
    assert.deepEqual(samples(store), { 'r{a}': [1, 'stale'], 'r{b}': [2, 3, 3] });
  });

  it('goes on where an evaluation fails, and ends when the next one says so', async () => {
    const { clock, runner, store, lines, telemetry, manager, id } = setUp();
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    runner.answers.set('q', { a: 1 });
    await clock.advance(MINUTE_MS);
    runner.answers.set('q', new Error('no such thing'));
    await clock.advance(3 * MINUTE_MS);
    assert.deepEqual(samples(store), { 'r{a}': [1] });
    assert.equal(manager.views('fake', 'logql')[0]!.rules[0]!.lastError, 'no such thing');
    assert.equal(metric(telemetry, 'prometheus_rule_evaluation_failures_total'), '3');
    runner.answers.set('q', {});
    await clock.advance(MINUTE_MS);
    assert.deepEqual(samples(store), { 'r{a}': [1, 'stale'] });
    // Once for each change.
    const told = lines.map((line) => /msg="([^"]*)"/.exec(line)![1]);
    assert.deepEqual(told, ['rule fails', 'rule evaluates again']);
  });

  it('is nothing above the limit', async () => {
    const { clock, runner, store, manager, id } = setUp();
    await manager.put(id(), group([{ record: 'r', expr: 'q' }], { limit: 1 }));
    runner.answers.set('q', { a: 1, b: 2 });
    await clock.advance(MINUTE_MS);
    assert.deepEqual(samples(store), {});
    assert.equal(manager.views('fake', 'logql')[0]!.rules[0]!.lastError, 'exceeded limit of 1 with 2 series');
  });

  it('tells of alerts and since when they are active', async () => {
    const { clock, runner, store, manager, id } = setUp();
    await manager.put(id(), group([{ alert: 'A', expr: 'q', forMs: MINUTE_MS }]));
    runner.answers.set('q', { a: 1 });
    await clock.advance(MINUTE_MS);
    await clock.advance(MINUTE_MS);
    const since = Math.floor(runner.asked[0]!.timeMs / 1000);
    runner.answers.set('q', {});
    await clock.advance(MINUTE_MS);
    assert.deepEqual(samples(store), {
      'ALERTS{a}pending': [1, 'stale'],
      'ALERTS{a}firing': [1, 'stale'],
      'ALERTS_FOR_STATE{a}': [since, since, 'stale'],
    });
  });
});

describe('results that storage refuses', () => {
  it('are a failure of the rule, and are not ended when they vanish', async () => {
    const { clock, runner, store, lines, manager, id, refuse } = setUp();
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    runner.answers.set('q', { a: 1, b: 2 });
    refuse.push({ item: 1, reason: 'out_of_order', message: 'out of order sample' });
    await clock.advance(MINUTE_MS);
    const [rule] = manager.views('fake', 'logql')[0]!.rules;
    assert.deepEqual([rule!.health, rule!.lastError], ['err', 'out of order sample']);
    const dropped = lines.filter((line) => line.includes('Error on ingesting out-of-order result'));
    assert.match(dropped.join(), /name=r num_dropped=1/);
    refuse.length = 0;
    runner.answers.set('q', {});
    await clock.advance(MINUTE_MS);
    const written = samples(store);
    assert.deepEqual([written['r{a}']!.at(-1), written['r{b}']!.at(-1)], ['stale', 2]);
  });
});

describe('other settings and groups', () => {
  it('take the place of those before, and what both have goes on', async () => {
    const { clock, runner, manager, id } = setUp();
    const known = (name: string, expr: string) => ({
      id: id(name),
      checked: group([{ record: 'r', expr }], { name, intervalMs: 0 }),
    });
    const before = [known('stays', 'one'), known('goes', 'two')];
    for (const { id: own, checked } of before) await manager.put(own, checked);
    await clock.advance(MINUTE_MS);
    const [, view] = manager.views('fake', 'logql');
    const now = [known('stays', 'one'), known('comes', 'three')];
    await manager.apply(SETTINGS, before, now);
    const shown = manager.views('fake', 'logql');
    assert.deepEqual(
      shown.map((g) => g.name),
      ['comes', 'stays'],
    );
    assert.deepEqual(shown[1], view, 'undisturbed');
    await manager.apply({ ...SETTINGS, intervalMs: 10_000, queryOffsetMs: 3000 }, now, now);
    runner.asked.length = 0;
    await clock.advance(10_000);
    assert.deepEqual(runner.asked.map((a) => a.query).sort(), ['one', 'three']);
    assert.ok(runner.asked.every((a) => a.timeMs <= clock.now() - 3000));
  });
});

describe('a group that changes', () => {
  it('keeps the alerts of rules that stay, and ends the series of those that go', async () => {
    const { clock, runner, store, manager, id } = setUp();
    runner.answers.set('q', { a: 1 });
    const alert = { alert: 'A', expr: 'q', forMs: 10 * MINUTE_MS };
    await manager.put(id(), group([alert, { record: 'old', expr: 'q' }]));
    await clock.advance(MINUTE_MS);
    const since = runner.asked[0]!.timeMs;
    await manager.put(id(), group([{ record: 'new', expr: 'q' }, alert]));
    await clock.advance(MINUTE_MS);
    const rule = manager.views('fake', 'logql')[0]!.rules[1]!;
    assert.ok(rule.type === 'alerting');
    assert.deepEqual(
      rule.alerts.map((a) => [a.state, a.activeAtMs]),
      [['pending', since]],
    );
    const written = samples(store);
    assert.deepEqual(written['old{a}'], [1, 'stale']);
    assert.deepEqual(written['new{a}'], [1]);
  });

  it('goes on undisturbed where its definition is the same', async () => {
    const { clock, runner, manager, id } = setUp();
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    await clock.advance(MINUTE_MS);
    const [before] = manager.views('fake', 'logql');
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    assert.deepEqual(manager.views('fake', 'logql'), [before]);
    await clock.advance(MINUTE_MS);
    assert.equal(runner.asked.length, 2);
  });

  it('goes by other defaults, with its alerts, where it says nothing itself', async () => {
    const { clock, runner, manager, id } = setUp();
    runner.answers.set('q', { a: 1 });
    const silent = group([{ alert: 'A', expr: 'q', forMs: 60 * MINUTE_MS }], {
      name: 'silent',
      intervalMs: 0,
    });
    const own = group([{ record: 'r', expr: 'q' }], { name: 'own', queryOffsetMs: 0 });
    const put = () => Promise.all([manager.put(id('silent'), silent), manager.put(id('own'), own)]);
    await put();
    await clock.advance(2 * MINUTE_MS);
    const views = () => Object.fromEntries(manager.views('fake', 'logql').map((v) => [v.name, v]));
    const since = () => {
      const rule = views().silent!.rules[0]!;
      assert.ok(rule.type === 'alerting');
      return rule.alerts.map((a) => a.activeAtMs);
    };
    const before = since();
    assert.equal(before.length, 1);
    await manager.apply({ ...SETTINGS, intervalMs: 5 * MINUTE_MS, queryOffsetMs: 30_000 }, [], []);
    const after = views();
    assert.deepEqual([after.silent!.intervalSeconds, after.own!.intervalSeconds], [300, 60]);
    await clock.advance(10 * MINUTE_MS);
    assert.deepEqual(since(), before);
    const asked = runner.asked.filter((a) => a.timeMs > START_MS + 2 * MINUTE_MS);
    assert.equal(asked.length, 10 + 2);
  });

  it('ends its series two intervals after it went, but for what another group writes by then', async () => {
    const { clock, runner, store, manager, id } = setUp();
    runner.answers.set('q', { a: 1, b: 1 });
    await manager.put(id(), group([{ record: 'r', expr: 'q' }]));
    await clock.advance(MINUTE_MS);
    runner.answers.set('q', { b: 1 });
    await manager.put(id('h'), group([{ record: 'r', expr: 'q' }], { name: 'h' }));
    await manager.remove(id());
    assert.deepEqual(
      manager.views('fake', 'logql').map((g) => g.name),
      ['h'],
    );
    await clock.advance(2 * MINUTE_MS - 1);
    assert.deepEqual(samples(store)['r{a}'], [1]);
    await clock.advance(1);
    assert.deepEqual(samples(store)['r{a}'], [1, 'stale']);
    assert.ok(!samples(store)['r{b}']!.includes('stale'));
  });

  it('may change while a rule of it runs', async () => {
    const { clock, runner, manager, id } = setUp();
    runner.answers.set('slow', new Promise(() => {}));
    await manager.put(id(), group([{ record: 'r', expr: 'slow' }]));
    await clock.advance(MINUTE_MS);
    const first = manager.put(id(), group([{ record: 'r', expr: 'second' }]));
    const second = manager.put(id(), group([{ record: 'r', expr: 'third' }]));
    assert.equal(manager.views('fake', 'logql')[0]!.rules[0]!.query, 'third');
    await clock.advance(MINUTE_MS);
    await Promise.all([first, second]);
    await clock.advance(MINUTE_MS);
    assert.deepEqual([...new Set(runner.asked.map((a) => a.query))], ['slow', 'third']);
  });
});

describe('alerts over a restart', () => {
  const hour = { alert: 'A', expr: 'q', forMs: 60 * MINUTE_MS };

  /** Activity began `pendingMin` minutes before a process ended that has been gone for `goneMin`. */
  async function restart(pendingMin: number, goneMin: number) {
    const parts = setUp();
    const { clock, runner, manager, id } = parts;
    runner.answers.set('q', { a: 1 });
    const endedMs = START_MS - goneMin * MINUTE_MS;
    const since = endedMs / 1000 - pendingMin * 60;
    runner.forState = [
      [{ alertname: 'A', x: 'a' }, endedMs, since],
      [{ alertname: 'A', x: 'other' }, endedMs, since],
    ];
    await manager.put(id(), group([hour]), true);
    await clock.advance(2 * MINUTE_MS);
    const rule = manager.views('fake', 'logql')[0]!.rules[0]!;
    assert.ok(rule.type === 'alerting');
    const [alert] = rule.alerts;
    return { ...parts, alert: alert!, since, secondMs: runner.asked[1]!.timeMs };
  }

  it('are written only when what was known is found', async () => {
    const { clock, store } = await restart(20, 5);
    assert.deepEqual(samples(store), {});
    await clock.advance(MINUTE_MS);
    assert.equal(samples(store)['ALERTS{a}pending']!.length, 1);
  });

  it('wait for what was left of `for`, the outage not counted', async () => {
    const { alert, since, secondMs } = await restart(20, 5);
    assert.equal(alert.state, 'pending');
    assert.equal(alert.activeAtMs, since * 1000 + (secondMs - (START_MS - 5 * MINUTE_MS)));
  });

  it('do not fire in the ten minutes after', async () => {
    const { alert, secondMs } = await restart(55, 5);
    assert.equal(alert.activeAtMs, secondMs + 10 * MINUTE_MS - 60 * MINUTE_MS);
  });

  it('fire on where they fired', async () => {
    const { clock, manager, alert, since } = await restart(70, 5);
    assert.equal(alert.activeAtMs, since * 1000);
    await clock.advance(MINUTE_MS);
    const rule = manager.views('fake', 'logql')[0]!.rules[0]!;
    assert.ok(rule.type === 'alerting');
    assert.equal(rule.state, 'firing');
  });

  it('begin anew where `for` is short', async () => {
    const { clock, runner, manager, id } = setUp();
    runner.answers.set('q', { a: 1 });
    runner.forState = [[{ alertname: 'A', x: 'a' }, START_MS, START_MS / 1000 - 300]];
    await manager.put(id(), group([{ ...hour, forMs: 9 * MINUTE_MS }]), true);
    await clock.advance(3 * MINUTE_MS);
    const rule = manager.views('fake', 'logql')[0]!.rules[0]!;
    assert.ok(rule.type === 'alerting');
    assert.equal(rule.alerts[0]!.activeAtMs, runner.asked[0]!.timeMs);
  });
});
