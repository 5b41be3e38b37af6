/** Addresses of Alertmanager's own page lead to the views that show the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertmanagerPlace } from '../../../src/ui/shell/alertmanager-address.ts';

const CASES: readonly (readonly [hash: string, path: string, params: Readonly<Record<string, string>>])[] = [
  ['#/alerts', '/alerts/groups', { state: 'active' }],
  ['#/alerts?receiver=team%20X', '/alerts/groups', { receiver: 'team X', state: 'active' }],
  [
    '#/alerts?silenced=true&inhibited=true&active=true&filter=%7Ba%3D%22b%22%7D',
    '/alerts/groups',
    { filter: '{a="b"}', state: 'active,silenced,inhibited' },
  ],
  ['#/alerts?active=false&muted', '/alerts/groups', { state: 'muted' }],
  ['#/silences', '/alerts/silences', {}],
  ['#/silences?filter=%7Ba%3D%22b%22%2C%20c%3D%22d%22%7D', '/alerts/silences', { search: 'a="b"  c="d"' }],
  ['#/silences/new?filter=%7Ba%3D%22b%22%7D', '/alerts/silences', { make: '{a="b"}' }],
  ['#/silences/new', '/alerts/silences', { make: '' }],
  ['#/silences/7a5b', '/alerts/silences', { edit: '7a5b' }],
  ['#/silences/7a5b/edit', '/alerts/silences', { edit: '7a5b' }],
  ['#/status', '/config', {}],
];

test('each leads to what it means', () => {
  for (const [hash, path, params] of CASES) assert.deepEqual(alertmanagerPlace(hash), { path, params }, hash);
});

test('what is none of them stays', () => {
  for (const hash of ['', '#view', '#/alert', '#/alertsx', '#/x/alerts'])
    assert.equal(alertmanagerPlace(hash), undefined, hash);
});
