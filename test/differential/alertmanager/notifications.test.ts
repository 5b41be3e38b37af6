/**
 * The notifications of a real Alertmanager and of the built-in one, of the same configuration and the same alerts: the real one in real
 * time, the built-in one on a clock that the test holds. Bodies of webhooks are equal, group by group, in their order and in their slot of
 * the scenario; what is compared where the machine is too busy for the real one says `punctuality.ts`.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { alertCounters } from '../../../src/alertmanager/alert-counters.ts';
import { Alertmanager } from '../../../src/alertmanager/alertmanager.ts';
import { notifyCounters } from '../../../src/alertmanager/notify-counters.ts';
import { Policy } from '../../../src/alertmanager/policy.ts';
import { HeldClock } from '../../../src/base/held-clock.ts';
import { SILENT } from '../../../src/base/log.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import { readAlertmanagerFile } from '../../../src/config/alertmanager/alertmanager-file.ts';
import { makeReceivers } from '../../../src/local-receivers.ts';
import { Labels } from '../../../src/model/labels.ts';
import { MemorySilences } from '../../alertmanager/memory-silences.ts';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless, startProgram } from '../../support/program.ts';
import { ALERTMANAGER, MISSING } from './peers.ts';
import { END_MS, slotOf, slotsOnTime } from './punctuality.ts';
import { SLOT_MS, SLOTS, type Slot, scenario, scenarioConfig } from './scenario.ts';

const SCENARIOS = Number(process.env.TRILITE_TEST_ALERTMANAGER_SCENARIOS ?? 1);
const FIRST_SEED = Number(process.env.TRILITE_TEST_ALERTMANAGER_SEED ?? 1);
const ALERTS = 160;
/** With fewer of the real one's notifications compared the test says nothing. */
const COMPARED_MIN = 0.5;
const EXTERNAL_URL = 'http://alerts.example';
/** For an alert that fires. */
const FAR_MS = 3_600_000;

type Body = Readonly<Record<string, unknown>> & { readonly groupKey: string };

interface HeardBody {
  readonly body: Body;
  readonly atMs: number;
}

/** Bodies by receiver and group, in the order in which they came. */
class Heard {
  readonly bodies = new Map<string, HeardBody[]>();
  /** By whose clock it came when. */
  now: () => number = Date.now;
  count = 0;

  add(receiver: string, body: Body): void {
    const key = `${receiver} ${body.groupKey}`;
    const heard = { body, atMs: this.now() };
    const list = this.bodies.get(key);
    if (list) list.push(heard);
    else this.bodies.set(key, [heard]);
    this.count++;
  }

  /** When each came. */
  times(): number[] {
    return [...this.bodies.values()].flat().map(({ atMs }) => atMs);
  }

  /** Of a group, with their slots, up to one. */
  until(endSlot: number, startMs: number, key: string): { readonly slot: number; readonly body: Body }[] {
    return (this.bodies.get(key) ?? [])
      .map(({ body, atMs }) => ({ body, slot: slotOf(atMs - startMs) }))
      .filter(({ slot }) => slot < endSlot);
  }
}

/** Webhooks of both: `/real/…` and `/own/…`. */
async function listen() {
  const heard = { real: new Heard(), own: new Heard() };
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const [, side, receiver] = request.url!.split('/');
    heard[side as 'real' | 'own'].add(receiver!, JSON.parse(text) as Body);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { heard, url, close: () => server.close() };
}

const iso = (ms: number) => new Date(ms).toISOString();

async function runReal(dir: string, slots: (isOld: boolean) => readonly Slot[], config: string) {
  const file = path.join(dir, 'real.yml');
  fs.writeFileSync(file, config);
  const port = await freePort();
  const program = startProgram(ALERTMANAGER!, [
    `--config.file=${file}`,
    `--storage.path=${path.join(dir, 'real')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--web.external-url=${EXTERNAL_URL}`,
    '--web.route-prefix=/',
    '--cluster.listen-address=',
  ]);
  const base = `http://127.0.0.1:${port}/api/v2`;
  const post = async (where: string, body: unknown) => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const answer = await fetch(`${base}/${where}`, { ...options, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.text());
  };
  try {
    const status = await eventually(async () => (await fetch(`${base}/status`)).json());
    const { version } = (status as { versionInfo: { version: string } }).versionInfo;
    const isOld = /^0\.2/.test(version);
    const startMs = Math.ceil(Date.now() / SLOT_MS + 0.2) * SLOT_MS;
    const until = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms - Date.now())));
    const answeredMs: number[] = [];
    for (const [i, { alerts, silences }] of slots(isOld).entries()) {
      const nowMs = startMs + i * SLOT_MS;
      await until(nowMs);
      const silencing = silences.map(({ matchers, endsSlot }) =>
        post('silences', {
          matchers: matchers.map(({ name, value }) => ({ name, value, isRegex: false, isEqual: true })),
          startsAt: iso(nowMs - 60_000),
          endsAt: iso(startMs + endsSlot * SLOT_MS),
          createdBy: 'me',
          comment: 'why',
        }),
      );
      // A slot without alerts is answered, too.
      const posting = post(
        'alerts',
        alerts.map(({ labels, annotations, startsSlot, endsSlot }) => ({
          labels,
          annotations,
          startsAt: iso(startMs + startsSlot * SLOT_MS),
          endsAt: iso(endsSlot === undefined ? startMs + FAR_MS : startMs + endsSlot * SLOT_MS),
        })),
      );
      await Promise.all([...silencing, posting]);
      answeredMs.push(Date.now() - startMs);
    }
    await until(startMs + END_MS);
    return { startMs, isOld, answeredMs };
  } finally {
    await program.stop('SIGKILL');
  }
}

async function runOwn(
  dir: string,
  startMs: number,
  slots: readonly Slot[],
  config: string,
  heard: Heard,
): Promise<void> {
  const file = path.join(dir, 'own.yml');
  fs.writeFileSync(file, config);
  const clock = new HeldClock(startMs);
  heard.now = () => clock.now();
  const telemetry = new Telemetry();
  const read = await readAlertmanagerFile(file, {});
  const integrations = makeReceivers(read, { clock, log: SILENT, externalUrl: () => EXTERNAL_URL });
  const policy = new Policy({ config: read.routing, yaml: read.text, integrations });
  const problems: unknown[] = [];
  const parts = {
    ...{ clock, store: new MemorySilences(), log: SILENT },
    counters: alertCounters(telemetry),
    notifyCounters: notifyCounters(telemetry),
    onProblem: (what: string, error: unknown) => problems.push(what, error),
  };
  const am = new Alertmanager(parts, { silences: [], state: [] }, policy);
  const tenant = am.of('fake');
  for (const { alerts, silences } of slots) {
    for (const { matchers, endsSlot } of silences) {
      const endsAtMs = startMs + endsSlot * SLOT_MS;
      const rest = { id: '', startsAtMs: undefined, createdBy: 'me', comment: 'why', annotations: [] };
      await tenant.silences.set({ ...rest, matchers, endsAtMs });
    }
    const posted = alerts.map(({ labels, annotations, startsSlot, endsSlot }) => ({
      labels: Labels.from(labels),
      annotations: Labels.from(annotations).pairs,
      startsAtMs: startMs + startsSlot * SLOT_MS,
      endsAtMs: endsSlot === undefined ? startMs + FAR_MS : startMs + endsSlot * SLOT_MS,
      generatorUrl: '',
    }));
    await tenant.receive(posted, clock.now());
    await clock.advance(SLOT_MS);
  }
  await am.stop(AbortSignal.abort());
  policy.close();
  assert.deepEqual(problems, []);
}

/** What the other version of the original has, too. */
function comparable(body: Body, like: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(like)) out[key] = body[key];
  return out;
}

describe('notifications', {
  skip: skipUnless(ALERTMANAGER !== undefined, MISSING),
  timeout: 120_000 * SCENARIOS,
}, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SCENARIOS; seed++) {
    it(`of scenario ${seed} are those of Alertmanager`, (context) => compare(seed, context));
  }
});

async function compare(seed: number, context: TestContext): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-scenario-'));
  const { heard, url, close } = await listen();
  try {
    const slots = (isOld: boolean) => scenario(seed, ALERTS, !isOld);
    const { startMs, isOld, answeredMs } = await runReal(dir, slots, scenarioConfig(`${url}/real`));
    await runOwn(dir, startMs, slots(isOld), scenarioConfig(`${url}/own`), heard.own);
    assert.ok(heard.real.count > SLOTS * 3, `${heard.real.count} are few`);
    const toldMs = heard.real.times().map((atMs) => atMs - startMs);
    const endSlot = slotsOnTime(answeredMs, toldMs);
    for (const key of new Set([...heard.real.bodies.keys(), ...heard.own.bodies.keys()])) {
      const theirs = heard.real.until(endSlot, startMs, key);
      const ours = heard.own.until(endSlot, startMs, key);
      const like = theirs[0]?.body ?? {};
      assert.deepEqual(
        ours.map(({ slot, body }) => ({ slot, body: comparable(body, like) })),
        theirs,
        key,
      );
    }
    const compared = toldMs.filter((atMs) => slotOf(atMs) < endSlot).length;
    context.diagnostic(`${compared} of ${heard.real.count} notifications compared`);
    if (compared < heard.real.count * COMPARED_MIN) context.skip('this machine is too busy');
  } finally {
    close();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
