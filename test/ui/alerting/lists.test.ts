/** What filters find among groups of alerts and silences, and the silence that a form makes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AlertGroup, KnownAlert, Silence } from '../../../src/ui/api/alertmanager-answers.ts';
import {
  countStandings,
  filterGroups,
  readFilter,
  standingsOf,
} from '../../../src/ui/views/alerting/alert-list.ts';
import { draftOf, newDraft, postedOf, timesOf } from '../../../src/ui/views/alerting/silence-draft.ts';
import { countStates, filterSilences } from '../../../src/ui/views/alerting/silence-list.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const HOUR = 3_600_000;

type Quiet = Partial<KnownAlert['status']>;

function alert(name: string, quiet: Quiet = {}, startsAt = '2026-01-31T11:00:00Z'): KnownAlert {
  const isQuiet = Object.values(quiet).some((by) => by.length > 0);
  const status = { silencedBy: [], inhibitedBy: [], mutedBy: [], ...quiet };
  return {
    fingerprint: name,
    labels: { alertname: name, team: 'shop' },
    annotations: { summary: `${name} is wrong` },
    startsAt,
    receivers: [{ name: 'page' }],
    status: { state: isQuiet ? 'suppressed' : 'active', ...status },
  };
}

function group(receiver: string, ...alerts: KnownAlert[]): AlertGroup {
  return { labels: { team: 'shop' }, receiver: { name: receiver }, alerts };
}

describe('groups of alerts', () => {
  const loud = alert('Loud');
  const hidden = alert('Hidden', { silencedBy: ['s1'], inhibitedBy: ['Loud'] });
  const asleep = alert('Asleep', { mutedBy: ['nights'] }, '2026-01-31T11:30:00Z');
  const groups = [group('page', loud, hidden, asleep), group('chat', loud)];
  const ALL = { words: '', receiver: undefined, standings: [] };
  const found = (filter: Partial<Parameters<typeof filterGroups>[1]>) =>
    filterGroups(groups, { ...ALL, ...filter }).map(({ receiver, alerts }) => [
      receiver.name,
      ...alerts.map(({ fingerprint }) => fingerprint),
    ]);

  test('have alerts that several things may keep quiet', () => {
    assert.deepEqual(standingsOf(hidden), ['silenced', 'inhibited']);
    assert.deepEqual(standingsOf(loud), ['active']);
    assert.deepEqual(countStandings(groups), {
      active: 1,
      silenced: 1,
      inhibited: 1,
      muted: 1,
      unprocessed: 0,
    });
  });

  test('are found by receiver, state and words, the newest alert first', () => {
    assert.deepEqual(found({}), [
      ['page', 'Asleep', 'Loud', 'Hidden'],
      ['chat', 'Loud'],
    ]);
    assert.deepEqual(found({ receiver: 'chat' }), [['chat', 'Loud']]);
    assert.deepEqual(found({ standings: ['muted', 'silenced'] }), [['page', 'Asleep', 'Hidden']]);
    assert.deepEqual(found({ words: 'hidden IS wrong' }), [['page', 'Hidden']]);
    assert.deepEqual(found({ words: 'nothing' }), []);
  });

  test('have a key each, also where two routes make the same group', () => {
    const keys = (all: readonly AlertGroup[], receiver?: string) =>
      filterGroups(all, { ...ALL, receiver }).map(({ key }) => key);
    assert.deepEqual(keys([...groups, group('page', loud)]), [
      'page team=shop',
      'chat team=shop',
      'page team=shop 2',
    ]);
    assert.deepEqual(keys([group('page'), group('page', loud)]), ['page team=shop 2']);
  });

  test('come first where somebody is told of them', () => {
    const names = filterGroups([group('a', hidden), group('b', loud)], ALL).map(
      ({ receiver }) => receiver.name,
    );
    assert.deepEqual(names, ['b', 'a']);
  });

  test('a filter is matchers, or words while it is none', () => {
    assert.deepEqual(readFilter('{a="b",c=~d}'), { matchers: ['a="b"', 'c=~"d"'], words: '' });
    assert.deepEqual(readFilter('a="b'), { matchers: [], words: 'a="b' });
    assert.deepEqual(readFilter(''), { matchers: [], words: '' });
  });
});

function silence(id: string, state: Silence['status']['state'], value = 'Loud'): Silence {
  return {
    id,
    status: { state },
    matchers: [{ name: 'alertname', value, isRegex: true, isEqual: true }],
    startsAt: '2026-01-31T11:00:00.123Z',
    endsAt: '2026-01-31T14:00:00.456Z',
    createdBy: 'Ada',
    comment: 'a new disk',
  };
}

describe('silences', () => {
  test('that are over are found where they are asked for', () => {
    const all = [silence('1', 'active'), silence('2', 'pending', 'Other'), silence('3', 'expired')];
    const found = (words: string, chosen: readonly string[] = []) =>
      filterSilences(all, words, chosen).map(({ id }) => id);
    assert.deepEqual(found(''), ['1', '2']);
    assert.deepEqual(found('', ['expired']), ['3']);
    assert.deepEqual(found('3'), ['3']);
    assert.deepEqual(found('alertname=~"other"'), ['2']);
    assert.deepEqual(found('ada disk'), ['1', '2']);
    assert.deepEqual(countStates(all), { active: 1, pending: 1, expired: 1 });
  });

  test('are changed without a change of what they were', () => {
    const known = silence('1', 'active');
    const { status: _, ...posted } = known;
    assert.deepEqual(postedOf(draftOf(known), NOW), posted);
  });

  test('that are over are made anew', () => {
    const { id, begins, ends } = draftOf(silence('3', 'expired'));
    assert.deepEqual([id, begins, ends], [undefined, '', '2h']);
  });

  test('begin now by the clock of the server, or when it is said', () => {
    const draft = { ...newDraft('{a="b", c="d"}', 'Ada'), comment: 'why' };
    assert.equal(draft.matchers, 'a="b"\nc="d"');
    assert.deepEqual(postedOf(draft, NOW), {
      matchers: [
        { name: 'a', value: 'b', isRegex: false, isEqual: true },
        { name: 'c', value: 'd', isRegex: false, isEqual: true },
      ],
      startsAt: '1970-01-01T00:00:00.000Z',
      endsAt: new Date(NOW + 2 * HOUR).toISOString(),
      createdBy: 'Ada',
      comment: 'why',
    });
    const later = { ...draft, begins: '2026-01-31T20:00:00Z', ends: '1d' };
    assert.deepEqual(timesOf(later, NOW), { startMs: NOW + 8 * HOUR, endMs: NOW + 32 * HOUR });
    // What lasts is counted from now where it has begun.
    const begun = { ...draft, begins: '2026-01-31T10:00:00Z', ends: '1h' };
    assert.deepEqual(timesOf(begun, NOW), { startMs: NOW - 2 * HOUR, endMs: NOW + HOUR });
  });

  test('say what is wrong with their times and matchers', () => {
    const draft = newDraft('a="b"', 'Ada');
    assert.throws(() => timesOf({ ...draft, ends: 'soon' }, NOW), /"soon" is no time/);
    assert.throws(() => timesOf({ ...draft, ends: '2026-01-31T11:00:00Z' }, NOW), /over before it begins/);
    assert.throws(() => timesOf({ ...draft, begins: 'x' }, NOW), /"x" is no time/);
    assert.throws(() => postedOf(newDraft('a', 'Ada'), NOW), /is no matcher/);
  });
});
