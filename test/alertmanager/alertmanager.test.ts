/** Alerts and silences together: status, groups and their order, tenants, counts, what a sweep forgets. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PostedAlert } from '../../src/alertmanager/alert.ts';
import { type AlertGroup, AlertGroups } from '../../src/alertmanager/alert-groups.ts';
import { AlertRoom } from '../../src/alertmanager/alert-store.ts';
import { plainRoute } from '../../src/alertmanager/alertmanager-config.ts';
import { AlertMatcher } from '../../src/alertmanager/matcher.ts';
import { Route } from '../../src/alertmanager/route-tree.ts';
import type { ShownAlert } from '../../src/alertmanager/shown-alert.ts';
import type { AlertFilter, TenantAlerts } from '../../src/alertmanager/tenant-alerts.ts';
import { inSlices } from '../../src/base/slices.ts';
import { Labels } from '../../src/model/labels.ts';
import { START_MS, setUp, silence } from './memory-silences.ts';

const HOUR = 3_600_000;
const ALL: AlertFilter = {
  matchers: [],
  receiver: () => true,
  active: true,
  silenced: true,
  inhibited: true,
  muted: true,
};

function posted(labels: Record<string, string>, endsAtMs: number | undefined = START_MS + HOUR): PostedAlert {
  return { labels: Labels.from(labels), annotations: [], startsAtMs: START_MS, endsAtMs, generatorUrl: '' };
}

const take = (alerts: TenantAlerts, all: readonly PostedAlert[], nowMs = START_MS) =>
  inSlices(alerts.take(all, nowMs));

async function names(
  alerts: TenantAlerts,
  more: Partial<AlertFilter> = {},
  nowMs = START_MS,
): Promise<string[]> {
  const found = await inSlices(alerts.alerts({ ...ALL, ...more }, nowMs));
  return found.map(({ alert, status }) => `${alert.labels.get('alertname')} ${status.state}`).sort();
}

describe('alerts and silences', () => {
  it('suppress what they match while they are in force', async () => {
    const { open, clock } = setUp();
    const alerts = (await open()).of('fake');
    await take(alerts, [posted({ alertname: 'A' }), posted({ alertname: 'B' }), posted({ alertname: 'AB' })]);
    const id = await alerts.silences.set(silence({ startsAtMs: START_MS + 1000 }));
    assert.deepEqual(await names(alerts), ['A active', 'AB active', 'B active']);
    await clock.advance(1000);
    assert.deepEqual(await names(alerts, {}, clock.now()), ['A suppressed', 'AB active', 'B active']);
    assert.deepEqual(await names(alerts, { silenced: false }, clock.now()), ['AB active', 'B active']);
    assert.deepEqual(await names(alerts, { active: false }, clock.now()), ['A suppressed']);
    await alerts.silences.set(silence({ matchers: [{ type: '=~', name: 'alertname', value: 'A.*' }] }));
    assert.deepEqual(await names(alerts, {}, clock.now()), ['A suppressed', 'AB suppressed', 'B active']);
    const both = await inSlices(
      alerts.alerts({ ...ALL, matchers: [new AlertMatcher('=', 'alertname', 'A')] }, clock.now()),
    );
    assert.equal(both[0]!.status.silencedBy.length, 2);
    await alerts.silences.expire(id);
    await clock.advance(1);
    assert.deepEqual(await names(alerts, {}, clock.now()), ['A suppressed', 'AB suppressed', 'B active']);
    await clock.advance(HOUR);
    assert.deepEqual(await names(alerts, {}, clock.now()), [], 'alerts end, too');
  });

  it('are found by any matcher that asks for a pair, or by none', async () => {
    const { open } = setUp();
    const alerts = (await open()).of('fake');
    await take(alerts, [posted({ alertname: 'A', x: '1' }), posted({ alertname: 'B' })]);
    const matchers = [
      { type: '!=', name: 'x', value: '2' },
      { type: '=', name: 'x', value: '' },
      { type: '=', name: 'alertname', value: 'B' },
    ] as const;
    await alerts.silences.set(silence({ matchers }));
    assert.deepEqual(await names(alerts), ['A active', 'B suppressed']);
    await alerts.silences.set(silence({ matchers: [{ type: '!=', name: 'x', value: '2' }] }));
    assert.deepEqual(await names(alerts), ['A suppressed', 'B suppressed']);
  });

  it('come back with what was stored', async () => {
    const { open } = setUp();
    const id = await (await open()).of('fake').silences.set(silence());
    const again = (await open()).of('fake');
    await take(again, [posted({ alertname: 'A' })]);
    const [alert] = await inSlices(again.alerts(ALL, START_MS));
    assert.deepEqual(alert!.status, { state: 'suppressed', silencedBy: [id], inhibitedBy: [], mutedBy: [] });
  });

  it('are each tenant’s own', async () => {
    const { open, store } = setUp();
    const am = await open();
    await take(am.of('a'), [posted({ alertname: 'A' })]);
    await am.of('b').silences.set(silence());
    assert.deepEqual(await names(am.look('a')), ['A active']);
    assert.deepEqual(await names(am.look('b')), []);
    assert.equal(am.look('a').silences.size, 0);
    assert.deepEqual(
      [...store.rows.values()].map(({ tenant }) => tenant),
      ['b'],
    );
    assert.deepEqual(am.counts(), {
      alerts: { active: 1, suppressed: 0 },
      silences: { active: 1, pending: 0, expired: 0 },
      groups: 0,
    });
  });

  it('leave with their tenant when there is nothing of it any more', async () => {
    const { open, clock } = setUp();
    const am = await open();
    const before = am.of('a');
    await take(before, [posted({ alertname: 'A' })]);
    await clock.advance(HOUR);
    assert.equal(am.look('a'), before, 'one sweep is not enough');
    await clock.advance(HOUR);
    assert.notEqual(am.look('a'), before);
    await am.stop(AbortSignal.abort());
    assert.equal(clock.pending, 0);
  });
});

describe('alerts that come', () => {
  it('are counted, and good ones are taken beside bad ones', async () => {
    const { open, telemetry } = setUp();
    const alerts = (await open()).of('fake');
    const all = [
      posted({}),
      posted({ alertname: 'A' }),
      posted({ alertname: 'B' }, START_MS - 1),
      posted({ alertname: 'C' }, START_MS),
    ];
    const { invalid, refused } = await take(alerts, all);
    assert.deepEqual(
      invalid.map(({ message }) => message),
      ['at least one label pair required', 'start time must be before end time'],
    );
    assert.equal(refused, 0);
    assert.deepEqual(await names(alerts), ['A active']);
    const text = telemetry.print();
    assert.match(text, /^alertmanager_alerts_received_total\{status="firing",version="v2"\} 2$/m);
    assert.match(text, /^alertmanager_alerts_received_total\{status="resolved",version="v2"\} 2$/m);
    assert.match(text, /^alertmanager_alerts_invalid_total\{version="v2"\} 2$/m);
  });

  it('are refused where there is no room, after what is over was forgotten', async () => {
    const { open, telemetry } = setUp(new AlertRoom(2));
    const alerts = (await open()).of('fake');
    await take(alerts, [posted({ alertname: 'A' }, START_MS + 5), posted({ alertname: 'B' })]);
    assert.equal((await take(alerts, [posted({ alertname: 'C' }), posted({ alertname: 'B' })])).refused, 1);
    assert.deepEqual(await names(alerts), ['A active', 'B active']);
    assert.match(telemetry.print(), /^alertmanager_alerts_limited_total 1$/m);
    assert.equal((await take(alerts, [posted({ alertname: 'C' })], START_MS + 5)).refused, 0);
    assert.deepEqual(await names(alerts), ['B active', 'C active']);
  });
});

function sortedGroups(groups: AlertGroups): AlertGroup[] {
  const work = groups.sorted();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

describe('groups', () => {
  const shown = (labels: Record<string, string>): ShownAlert => ({
    fingerprint: '',
    alert: { ...posted(labels), startsAtMs: 0, endsAtMs: 0, updatedAtMs: 0, isTimeout: false },
    status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
    receivers: [],
  });

  it('are by receiver and labels, in order', () => {
    const groups = new AlertGroups();
    const route = (receiver: string, groupBy: readonly string[] = []) =>
      Route.tree({ ...plainRoute(receiver), groupBy });
    const [r, q] = [route('r', ['x']), route('q', ['x'])];
    for (const labels of [{ x: '2', y: '1' }, { x: '1' }, { y: '1' }, { x: '2', y: '2' }]) {
      groups.add(shown(labels), r);
    }
    groups.add(shown({ x: '1' }), q);
    assert.deepEqual(
      sortedGroups(groups).map(({ receiver, labels, alerts }) => [receiver, labels.get('x'), alerts.length]),
      [
        ['r', '', 1],
        ['q', '1', 1],
        ['r', '1', 1],
        ['r', '2', 2],
      ],
    );
  });

  it('have alerts by job, instance, number of labels, and the labels', () => {
    const groups = new AlertGroups();
    const route = Route.tree(plainRoute('r'));
    const sorted = [
      { job: 'a', instance: '1', z: '1' },
      { job: 'a', instance: '2' },
      { job: 'a' },
      { job: 'b', instance: '1' },
      { instance: '0' },
      { b: '1' },
      { a: '1' },
      { a: '2' },
      { a: '1', b: '2' },
    ];
    for (const labels of [...sorted].reverse()) groups.add(shown(labels as Record<string, string>), route);
    const found = sortedGroups(groups)[0]!.alerts.map(({ alert }) => alert.labels.toObject());
    assert.deepEqual(
      found,
      sorted.map((l) => Labels.from(l as Record<string, string>).toObject()),
    );
  });
});
