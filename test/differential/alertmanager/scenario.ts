/**
 * A scenario in slots of a second: alerts that come, come again and end, and silences, over a tree of routes. Everything happens at the
 * beginning of a slot, and groups are looked at a while after:
 *
 *   |alerts……look……………………………………|alerts……look……
 *   0       LOOK_MS             SLOT_MS
 *
 * So a real Alertmanager on a real clock does what is expected of it. There is more room after a look than before: it sets its timer
 * anew at each look, so that a group that is late stays late, and every further delay comes on top of it.
 */

import fc from 'fast-check';
import type { MatcherText } from '../../../src/alertmanager/silence.ts';

export const SLOT_MS = 1000;
/** From the beginning of a slot to the looks in it. */
export const LOOK_MS = 400;
/** Slots in which alerts come, in which they end, and until everybody has been told. */
const COMING = 7;
const ENDING = 7;
const REST = 5;
export const SLOTS = COMING + ENDING + REST;

export interface ScenarioAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsSlot: number;
  /** Undefined while it fires. */
  readonly endsSlot: number | undefined;
}

export interface ScenarioSilence {
  readonly matchers: readonly MatcherText[];
  readonly endsSlot: number;
}

export interface Slot {
  readonly alerts: readonly ScenarioAlert[];
  readonly silences: readonly ScenarioSilence[];
}

/** A tree of a dozen routes; `url` leads to a receiver's name. Waits end `LOOK_MS` into a slot, and repetitions are due between two looks. */
export function scenarioConfig(url: string): string {
  const receivers = ['root', 'page', 'db', 'all', 'quiet', 'firing', 'audit', 'each', 'two'];
  const hook = (name: string, more = '') => `{url: '${url}/${name}'${more}}`;
  return `
route:
  receiver: root
  group_by: [alertname]
  group_wait: ${LOOK_MS}ms
  group_interval: 2s
  repeat_interval: 5s
  routes:
  - matchers: [severity="critical"]
    receiver: page
    group_by: [alertname, cluster]
    group_wait: ${SLOT_MS + LOOK_MS}ms
    continue: true
  - matchers: ['svc=~"db|cache"']
    receiver: db
    group_by: [none]
    group_interval: 3s
    repeat_interval: 4s
    routes:
    - {matchers: [cluster="a"], receiver: all, group_by: [...], repeat_interval: 1h}
    - {matchers: [cluster!="b", severity="info"], receiver: firing, group_by: [svc]}
    - matchers: [alertname="Up"]
      continue: true
      receiver: audit
      routes: [{matchers: [severity="info"], group_by: [severity, alertname]}]
    - {matchers: [alertname="Up"], receiver: two, group_by: [cluster]}
  - {matchers: [svc="web", cluster="b"], receiver: quiet, mute_time_intervals: [always]}
  - {matchers: [svc="web", cluster="c"], receiver: each, active_time_intervals: [never, always], group_by: [svc, cluster], group_interval: 1s, repeat_interval: 2500ms}
  - {matchers: [svc="web", cluster="d"], receiver: quiet, active_time_intervals: [never]}
inhibit_rules:
- {source_matchers: [alertname="Down", severity="critical"], target_matchers: ['severity=~"warning|info"', alertname!="Down"], equal: [cluster, svc]}
- {source_matchers: [alertname="Up", severity="critical", svc="web"], target_matchers: [alertname="Down", severity="info"], equal: [cluster, missing]}
time_intervals:
- {name: always, time_intervals: [{weekdays: ['sunday:saturday']}]}
- {name: never, time_intervals: [{years: ['1999']}, {months: [february], days_of_month: ['31']}]}
receivers:
${receivers
  .map((name) => {
    const hooks =
      name === 'two'
        ? `${hook(name)}, ${hook(`${name}-again`)}`
        : hook(name, name === 'firing' ? ', send_resolved: false' : '');
    return `- name: ${name}\n  webhook_configs: [${hooks}]`;
  })
  .join('\n')}
`;
}

const NAMES = ['Down', 'Up', 'Slow', 'Full', 'Odd "x"'];
const CLUSTERS = ['a', 'b', 'c', 'd'];
const SERVICES = ['db', 'cache', 'web', 'batch'];
const SEVERITIES = ['critical', 'warning', 'info'];

/** `comesAgain`: also alerts that were over, which versions before 0.28 tell of at other times. */
export function scenario(seed: number, alerts: number, comesAgain: boolean): readonly Slot[] {
  const labels = fc.record({
    alertname: fc.constantFrom(...NAMES),
    cluster: fc.constantFrom(...CLUSTERS),
    svc: fc.constantFrom(...SERVICES),
    severity: fc.constantFrom(...SEVERITIES),
  });
  const life = fc.record({
    labels,
    starts: fc.nat(COMING - 1),
    /** Not all of them end. */
    ends: fc.option(fc.nat(ENDING - 1), { freq: 4 }),
    again: fc.option(fc.nat(REST - 4), { freq: 1 }),
    /** Sent once more with other words. */
    changes: fc.option(fc.nat(COMING - 1), { freq: 1 }),
  });
  const lives = fc.uniqueArray(life, {
    minLength: alerts,
    maxLength: alerts,
    selector: (one) => JSON.stringify(one.labels),
  });
  const silence = fc.record({
    slot: fc.nat(COMING + ENDING - 1),
    lasts: fc.integer({ min: 2, max: 8 }),
    labels,
    by: fc.uniqueArray(fc.constantFrom('alertname', 'cluster', 'svc'), { minLength: 2, maxLength: 3 }),
  });
  const [all, silences] = fc.sample(fc.tuple(lives, fc.array(silence, { minLength: 4, maxLength: 8 })), {
    seed,
    numRuns: 1,
  })[0]!;
  const slots = Array.from({ length: SLOTS }, () => ({
    alerts: [] as ScenarioAlert[],
    silences: [] as ScenarioSilence[],
  }));
  for (const one of all) {
    const annotations = { summary: `of ${one.labels.svc}` };
    const fire = (slot: number, more = {}) =>
      slots[slot]!.alerts.push({
        labels: one.labels,
        annotations: { ...annotations, ...more },
        startsSlot: slot,
        endsSlot: undefined,
      });
    fire(one.starts);
    if (one.changes !== null && one.changes > one.starts) fire(one.changes, { note: 'worse' });
    if (one.ends === null) continue;
    const over = COMING + one.ends;
    slots[over]!.alerts.push({ labels: one.labels, annotations, startsSlot: one.starts, endsSlot: over });
    if (comesAgain && one.again !== null) fire(COMING + ENDING + one.again);
  }
  for (const { slot, lasts, labels: of, by } of silences) {
    slots[slot]!.silences.push({
      matchers: by.map((name) => ({ type: '=', name, value: of[name] })),
      endsSlot: slot + lasts,
    });
  }
  return slots;
}
