/** Alerts: what names them, what becomes of one that is sent again, how many there may be. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Alert,
  checkAlert,
  merged,
  RESOLVE_TIMEOUT_MS,
  received,
} from '../../src/alertmanager/alert.ts';
import { AlertRoom, AlertStore } from '../../src/alertmanager/alert-store.ts';
import { fingerprintOf } from '../../src/alertmanager/fingerprint.ts';
import { Labels } from '../../src/model/labels.ts';

const MIN = 60_000;

function alert(startsAtMs: number, endsAtMs: number, more: Partial<Alert> = {}): Alert {
  return {
    labels: Labels.from({ a: 'b' }),
    annotations: [],
    startsAtMs,
    endsAtMs,
    generatorUrl: '',
    updatedAtMs: startsAtMs,
    isTimeout: false,
    ...more,
  };
}

describe('a fingerprint', () => {
  it('is the one that Alertmanager gives', () => {
    // As `GET /api/v2/alerts` of Alertmanager 0.33 has them.
    assert.equal(fingerprintOf(Labels.from({ a: 'b' })), 'd2b371819297f98a');
    assert.equal(fingerprintOf(Labels.from({ ok: 'b' })), '8e5a53b8bac61c2b');
    assert.equal(fingerprintOf(Labels.from({ 'a-b': 'b' })), '1a4fd6b0c72d2907');
  });

  it('is that of FNV-1a in 64 bits', () => {
    const texts = [{ alertname: 'Ä€😀', instance: 'x:9100' }, { z: '1', a: '2' }, {}];
    for (const labels of texts.map((text) => Labels.from(text as Record<string, string>))) {
      let hash = 0xcbf29ce484222325n;
      const bytes = labels.pairs.flatMap((text) => [...Buffer.from(text), 0xff]);
      for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
      assert.equal(fingerprintOf(labels), hash.toString(16).padStart(16, '0'));
    }
  });
});

describe('an alert that is sent', () => {
  const now = 10 * MIN;
  const posted = { labels: Labels.from({ a: 'b' }), annotations: [], generatorUrl: '' };

  it('begins now and is believed for five minutes where it says nothing', () => {
    const { startsAtMs, endsAtMs, isTimeout } = received(
      { ...posted, startsAtMs: undefined, endsAtMs: undefined },
      now,
    );
    assert.deepEqual([startsAtMs, endsAtMs, isTimeout], [now, now + RESOLVE_TIMEOUT_MS, true]);
  });

  it('begins with its end where it says that alone', () => {
    const { startsAtMs, endsAtMs, isTimeout } = received(
      { ...posted, startsAtMs: undefined, endsAtMs: 5 },
      now,
    );
    assert.deepEqual([startsAtMs, endsAtMs, isTimeout], [5, 5, false]);
  });

  it('is refused where it is none', () => {
    assert.throws(() => checkAlert(alert(2, 1)), { message: 'start time must be before end time' });
    const bare = alert(1, 2, { labels: Labels.EMPTY });
    assert.throws(() => checkAlert(bare), { message: 'at least one label pair required' });
    const unnamed = alert(1, 2, { labels: Labels.fromSorted(['', 'x']) });
    assert.throws(() => checkAlert(unnamed), { message: 'invalid label set: invalid name ""' });
    const noted = alert(1, 2, { annotations: ['', 'x'] });
    assert.throws(() => checkAlert(noted), { message: 'invalid annotations: invalid name ""' });
    checkAlert(alert(1, 2, { labels: Labels.from({ 'any text': 'x' }), annotations: ['empty', ''] }));
  });
});

describe('an alert that is sent again', () => {
  const times = ({ startsAtMs, endsAtMs }: Alert) => [startsAtMs / MIN, endsAtMs / MIN];
  const now = 10 * MIN;

  it('keeps its start where the two overlap', () => {
    const known = alert(5 * MIN, 14 * MIN);
    assert.deepEqual(times(merged(known, alert(10 * MIN, 20 * MIN), now)), [5, 20]);
  });

  it('begins anew where they do not', () => {
    const known = alert(1 * MIN, 2 * MIN);
    assert.deepEqual(times(merged(known, alert(10 * MIN, 20 * MIN), now)), [10, 20]);
  });

  it('ends when it is said to be over, whatever was believed', () => {
    const known = alert(5 * MIN, 14 * MIN);
    const resolved = alert(5 * MIN, 9 * MIN, { updatedAtMs: 9 * MIN });
    assert.deepEqual(times(merged(known, resolved, now)), [5, 9]);
  });

  it('keeps the later end of two that are over', () => {
    const known = alert(1 * MIN, 9 * MIN);
    const again = alert(2 * MIN, 8 * MIN, { updatedAtMs: 10 * MIN });
    assert.deepEqual(times(merged(known, again, now)), [1, 9]);
  });

  it('keeps an end that was named, but not a timeout', () => {
    const next = alert(10 * MIN, 15 * MIN);
    assert.deepEqual(times(merged(alert(5 * MIN, 30 * MIN), next, now)), [5, 30]);
    assert.deepEqual(times(merged(alert(5 * MIN, 30 * MIN, { isTimeout: true }), next, now)), [5, 15]);
  });

  it('has the newer annotations, also where the older comes last', () => {
    const known = alert(5 * MIN, 14 * MIN, { updatedAtMs: 9 * MIN, annotations: ['n', 'new'] });
    const late = alert(6 * MIN, 20 * MIN, { updatedAtMs: 8 * MIN, annotations: ['n', 'old'] });
    assert.deepEqual(merged(known, late, now).annotations, ['n', 'new']);
  });
});

describe('a store of alerts', () => {
  const named = (name: string, endsAtMs = 20) => alert(1, endsAtMs, { labels: Labels.from({ name }) });
  const names = (store: AlertStore) => [...store.all()].map((kept) => kept.alert.labels.get('name')).sort();

  it('refuses what there is no room for, and goes on with what it has', () => {
    const room = new AlertRoom(2, 1000);
    const store = new AlertStore(room);
    const other = new AlertStore(room);
    assert.ok(store.put(named('a'), 0));
    assert.ok(other.put(named('b'), 0));
    assert.equal(store.put(named('c'), 0), undefined);
    assert.ok(store.put(named('a', 30), 0));
    assert.deepEqual([names(store), names(other)], [['a'], ['b']]);
    other.sweep(25, () => false);
    assert.ok(store.put(named('c'), 0));
  });

  it('counts texts, too', () => {
    const store = new AlertStore(new AlertRoom(10, 20));
    assert.equal(store.put(named('x'.repeat(17)), 0), undefined);
    assert.ok(store.put(named('x'.repeat(16)), 0));
    const grown = alert(1, 20, { labels: Labels.from({ name: 'x'.repeat(16) }), annotations: ['n', 'v'] });
    assert.equal(store.put(grown, 0), undefined);
  });

  it('forgets what is over', () => {
    const store = new AlertStore(new AlertRoom());
    for (const [name, end] of Object.entries({ a: 5, b: 10, c: 11 })) store.put(named(name, end), 0);
    store.sweep(10, () => false);
    assert.deepEqual(names(store), ['c']);
  });
});
