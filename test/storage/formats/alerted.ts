/** An alert that somebody was told of: it and what was told are in the database, and a later program tells of it no second time. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type RequestRecorder, startRecorder } from '../../support/request-recorder.ts';
import { DATABASE } from './fixture.ts';

export interface Receiver {
  /** Of the server that is to tell it. */
  readonly args: readonly string[];
  readonly recorder: RequestRecorder;
}

/** A receiver, and the configuration by which it is told, in `dir`. Nothing is repeated in a lifetime. */
export async function startReceiver(dir: string): Promise<Receiver> {
  const recorder = await startRecorder();
  const file = path.join(dir, 'alertmanager.yml');
  const times = 'group_wait: 0s, group_interval: 1s, repeat_interval: 100y';
  fs.writeFileSync(
    file,
    `route: {receiver: story, ${times}}
receivers: [{name: story, webhook_configs: [{url: '${recorder.base}/story'}]}]
`,
  );
  return { args: ['--alertmanager.config', file], recorder };
}

async function send(base: string, instance: string): Promise<void> {
  const alert = {
    labels: { alertname: 'StoryAlert', instance },
    annotations: { summary: 'Ä story' },
    endsAt: '2099-01-01T00:00:00.000Z',
  };
  await postBody(`${base}/api/v2/alerts`, { 'content-type': 'application/json' }, JSON.stringify([alert]));
}

/** Resolves when the database has both. */
export async function tellAlert(base: string, dataDir: string, { recorder }: Receiver): Promise<void> {
  await send(base, 'first');
  await eventually(async () => assert.equal(recorder.requests.length, 1));
  await eventually(async () => assert.deepEqual(kindsOf(dataDir), ['alert', 'notified']));
}

/** Of rows that say something was told, not that it was about to be. */
function kindsOf(dataDir: string): unknown[] {
  const db = new Database(path.join(dataDir, DATABASE), { readonly: true });
  try {
    const told = "kind = 'alert' OR json_extract(definition, '$.atMs') IS NOT NULL";
    return db.prepare(`SELECT kind FROM alert_state WHERE ${told} ORDER BY kind`).pluck().all();
  } finally {
    db.close();
  }
}

/** The receiver hears of another alert of the group and of nothing before: both the first one and that it was told are known. */
export async function assertTold(base: string, { recorder }: Receiver): Promise<void> {
  await send(base, 'second');
  await eventually(async () => assert.ok(recorder.requests.length > 0));
  const bodies = recorder.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  const alerts = (bodies[0]!.alerts as { labels: { instance: string }; annotations: object }[]).map(
    ({ labels: { instance }, annotations }) => [instance, annotations],
  );
  const annotations = { summary: 'Ä story' };
  assert.deepEqual(alerts, [
    ['first', annotations],
    ['second', annotations],
  ]);
  assert.equal(bodies[0]!.notification_reason, 'new alerts added');
}
