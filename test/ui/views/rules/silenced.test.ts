/** Which alert of a rule is silenced. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silenceOf } from '../../../../src/ui/views/rules/silenced.ts';

const alert = (labels: Record<string, string>, ...silencedBy: string[]) => ({
  labels,
  status: { silencedBy },
});
const OWN = { alertname: 'Down', instance: 'a:1' };

test('an alert is known with external labels, too', () => {
  assert.deepEqual(silenceOf(OWN, [alert({ ...OWN, cluster: 'eu' }, 's1', 's2')]), ['s1', 's2']);
});

test('of several that have its labels the nearest is it', () => {
  const alerts = [
    alert({ ...OWN, device: 'sda', cluster: 'eu' }, 'other'),
    alert({ ...OWN, cluster: 'eu' }, 's1'),
  ];
  assert.deepEqual(silenceOf(OWN, alerts), ['s1']);
});

test('others are not', () => {
  assert.deepEqual(silenceOf(OWN, []), []);
  assert.deepEqual(silenceOf(OWN, [alert({ alertname: 'Down', instance: 'b:1' }, 's1')]), []);
});
