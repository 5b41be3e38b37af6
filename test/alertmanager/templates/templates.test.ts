/** Templates of notifications give what the original's give: its answers to `cases.ts` are recorded. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fingerprintOf } from '../../../src/alertmanager/fingerprint.ts';
import type { Notification } from '../../../src/alertmanager/notify/integration.ts';
import { NotificationTemplates } from '../../../src/alertmanager/templates/notification-templates.ts';
import { Labels } from '../../../src/model/labels.ts';
import { GROUPS, PAGES, TEXTS, USER_FILE } from './cases.ts';

interface Recorded {
  readonly out?: string;
  readonly error?: string;
}

const RECORDED = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

export function notificationOf({ receiver, groupLabels, alerts }: (typeof GROUPS)[number]): Notification {
  return {
    receiver,
    groupKey: '{}:{}',
    groupLabels: Labels.from(groupLabels),
    routeLabels: Labels.EMPTY,
    routeId: '{}/0',
    reason: 'first notification',
    nowMs: 0,
    alerts: alerts.map(({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }) => ({
      status: endsAtMs === undefined ? 'firing' : 'resolved',
      labels: Labels.from(labels),
      annotations: Object.entries(annotations).sort().flat(),
      fingerprint: fingerprintOf(Labels.from(labels)),
      ...{ startsAtMs, endsAtMs, generatorUrl },
    })),
  };
}

/** File, line and definition of a failure: the original tells the column of a part, where here it is the command's. */
function placeOf(message: string): string {
  const [, line, definition] = /^template: ([^:]*:\d+)(?::\d+: executing ("[^"]*"))?/.exec(message)!;
  return `${line} ${definition}`;
}

const templates = new NotificationTemplates([{ name: 'user.tmpl', text: USER_FILE }]);

describe('templates of notifications', () => {
  let at = 0;
  for (const [n, group] of GROUPS.entries()) {
    const expansion = templates.expand(notificationOf(group), 'http://am.example:9093/x', 0);
    for (const [mode, texts] of [['text', TEXTS] as const, ['html', PAGES] as const]) {
      for (const text of texts) {
        const recorded = RECORDED[at++]!;
        it(`${n} ${mode} ${text}`, () => {
          if (recorded.error === undefined) assert.equal(expansion[mode](text), recorded.out);
          else
            assert.throws(
              () => expansion[mode](text),
              (error: Error) => placeOf(error.message) === placeOf(recorded.error!),
            );
        });
      }
    }
  }
});
