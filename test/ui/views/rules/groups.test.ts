/** Rules and alerts: filters, order, and the time around an alert. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  Alert,
  AlertingRule,
  AlertState,
  RecordingRule,
} from '../../../../src/ui/api/status-answers.ts';
import {
  alertingRules,
  countHealth,
  countStates,
  filterAlerting,
  filterGroups,
  type OwnedGroup,
  sortedAlerts,
} from '../../../../src/ui/views/rules/groups.ts';

const AT = '2026-01-01T12:00:00Z';
const BASE = { labels: {}, health: 'ok', evaluationTime: 0.1, lastEvaluation: AT } as const;

function alert(state: AlertState, instance: string, activeAt = AT): Alert {
  return {
    labels: { instance },
    annotations: { summary: `${instance} is slow` },
    state,
    activeAt,
    value: '1',
  };
}

function alerting(name: string, state: AlertState, alerts: readonly Alert[] = []): AlertingRule {
  return {
    ...BASE,
    type: 'alerting',
    name,
    query: `${name}_seconds > 1`,
    state,
    duration: 60,
    keepFiringFor: 0,
    annotations: {},
    alerts,
  };
}

const RECORDING: RecordingRule = {
  ...BASE,
  type: 'recording',
  name: 'job:up:sum',
  query: 'sum by (job) (up)',
  health: 'err',
  lastError: 'too many samples',
};

const GROUPS: readonly OwnedGroup[] = [
  {
    name: 'first',
    file: '/etc/rules.yml',
    language: 'promql',
    rules: [alerting('Quiet', 'inactive'), RECORDING, alerting('Loud', 'firing', [alert('firing', 'a:1')])],
    interval: 60,
    evaluationTime: 0.2,
    lastEvaluation: AT,
  },
  {
    name: 'logs',
    file: 'shop',
    language: 'logql',
    rules: [alerting('Waiting', 'pending')],
    interval: 60,
    evaluationTime: 0.2,
    lastEvaluation: AT,
  },
];

const rulesOf = (groups: readonly OwnedGroup[]) =>
  groups.flatMap(({ rules }) => rules.map(({ name }) => name));

test('groups keep those rules that fit, and go where none does', () => {
  assert.deepEqual(filterGroups(GROUPS, '', []), GROUPS);
  assert.deepEqual(rulesOf(filterGroups(GROUPS, '', ['err'])), ['job:up:sum']);
  assert.deepEqual(rulesOf(filterGroups(GROUPS, 'too many', [])), ['job:up:sum']);
  assert.deepEqual(rulesOf(filterGroups(GROUPS, 'waiting_seconds', [])), ['Waiting']);
  assert.deepEqual(rulesOf(filterGroups(GROUPS, 'rules.yml loud', [])), ['Loud']);
  assert.deepEqual(filterGroups(GROUPS, 'nowhere', []), []);
  assert.deepEqual(countHealth(GROUPS), { ok: 3, err: 1, unknown: 0 });
});

test('alerting rules of both languages are one list, the most urgent first', () => {
  const all = alertingRules(GROUPS);
  assert.deepEqual(
    all.map(({ rule }) => rule.name),
    ['Loud', 'Waiting', 'Quiet'],
  );
  assert.equal(new Set(all.map(({ key }) => key)).size, 3);
  assert.deepEqual(countStates(all), { firing: 1, pending: 1, unknown: 0, inactive: 1 });
});

test('an alert is found by its own labels and annotations, too', () => {
  const all = alertingRules(GROUPS);
  const found = (words: string, chosen: readonly string[] = []) =>
    filterAlerting(all, words, chosen).map(({ rule }) => rule.name);
  assert.deepEqual(found('instance=a:1'), ['Loud']);
  assert.deepEqual(found('is slow'), ['Loud']);
  assert.deepEqual(found('', ['pending', 'inactive']), ['Waiting', 'Quiet']);
});

test('of the alerts of a rule the firing ones come first, then the newest', () => {
  const alerts = [
    alert('pending', 'p', '2026-01-01T13:00:00Z'),
    alert('firing', 'old', '2026-01-01T10:00:00Z'),
    alert('firing', 'new', '2026-01-01T11:00:00Z'),
  ];
  assert.deepEqual(
    sortedAlerts(alerts).map(({ labels }) => labels.instance),
    ['new', 'old', 'p'],
  );
});
