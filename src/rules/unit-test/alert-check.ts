/** Alerts that fire at a moment of a test, against those that it expects. */

import { Labels } from '../../model/labels.ts';
import { annotationsOf } from '../alert-states.ts';
import type { Group } from '../group.ts';
import type { FiringAlert, TestFailure } from './test-failure.ts';
import type { AlertTest } from './test-file.ts';

/** The failure, where there is any. Rules of the same name in several groups are looked at together. */
export function checkAlerts(
  test: string,
  groups: readonly Group[],
  { alertname, evalTimeMs, expected: wanted }: AlertTest,
): TestFailure | undefined {
  const expected = wanted.map(({ labels, annotations }) => ({
    labels: Labels.from({ ...labels, alertname }),
    annotations: Labels.from(annotations),
  }));
  const got = groups.flatMap((group) => firing(group, alertname));
  expected.sort(compare);
  got.sort(compare);
  const isSame =
    expected.length === got.length && expected.every((alert, i) => compare(alert, got[i]!) === 0);
  return isSame ? undefined : { kind: 'alerts', test, alertname, evalTimeMs, expected, got };
}

function firing({ rules }: Group, alertname: string): FiringAlert[] {
  return rules
    .filter((rule) => rule.alerts && rule.name === alertname)
    .flatMap((rule) => [...rule.alerts!.all()])
    .filter((alert) => alert.state === 'firing')
    .map((alert) => ({ labels: alert.labels, annotations: annotationsOf(alert) }));
}

function compare(a: FiringAlert, b: FiringAlert): number {
  return a.labels.compare(b.labels) || a.annotations.compare(b.annotations);
}
