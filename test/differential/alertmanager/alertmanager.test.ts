/**
 * The same sessions with a real Alertmanager and with the built-in one: the same posts, the same questions, the same answers but for ids
 * and times. And what amtool prints of both.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { type Answer, comparable } from './comparable.ts';
import { ALERTMANAGER, AMTOOL, MISSING, OTHER_ALERTMANAGER, type Peers, startPeers } from './peers.ts';
import { type Step, session } from './session.ts';

const SESSIONS = Number(process.env.TRILITE_TEST_ALERTMANAGER_SESSIONS ?? 6);
const STEPS = 120;
const NO_ID = '00000000-0000-4000-8000-000000000000';

/** A server and the ids of the silences that it has made. */
class Side {
  readonly #base: string;
  readonly ids: string[] = [];

  constructor(base: string) {
    this.#base = base;
  }

  async take({ method, route, body }: Step): Promise<Answer> {
    const put = (text: string) => text.replaceAll(/\{(\d+)\}/g, (_, n) => this.ids[Number(n)] ?? NO_ID);
    const answer = await fetch(`${this.#base}/api/v2/${put(route)}`, {
      method,
      ...(body !== undefined && {
        body: put(typeof body === 'string' ? body : JSON.stringify(body)),
        headers: { 'Content-Type': 'application/json' },
      }),
    });
    const text = await answer.text();
    const made = method === 'POST' && /^\{"silenceID":"([^"]+)"\}/.exec(text)?.[1];
    if (made && !this.ids.includes(made)) this.ids.push(made);
    return { status: answer.status, text };
  }
}

describe('a session with Alertmanager', {
  skip: skipUnless(ALERTMANAGER !== undefined, MISSING),
  timeout: 240_000,
}, () => {
  for (let seed = 1; seed <= SESSIONS; seed++) {
    it(`number ${seed} goes the same with the built-in one`, async () => {
      const peers = await startPeers();
      try {
        await compare(peers, seed);
      } finally {
        await peers.stop();
      }
    });
  }
});

async function compare(peers: Peers, seed: number): Promise<void> {
  // A time that no event of the session has by chance.
  const startMs = Math.floor(Date.now() / 1000) * 1000 + 7;
  const [real, own] = [new Side(peers.real), new Side(peers.own)];
  for (const [i, step] of session(seed, startMs, STEPS, peers.isOld).entries()) {
    const ask = async (side: Side, isOld: boolean) =>
      comparable(await side.take(step), side.ids, startMs, isOld);
    const both = async () => {
      const [theirs, ours] = [await ask(real, peers.isOld), await ask(own, peers.isOld)];
      assert.equal(ours, theirs, `step ${i}: ${JSON.stringify(step)}`);
    };
    // What was posted is seen a moment later; a post must not be repeated.
    if (step.method === 'GET') await eventually(both, 3000);
    else {
      await both();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }
}

describe('amtool', {
  // It reads the configuration of its own version.
  skip: OTHER_ALERTMANAGER
    ? 'amtool goes with the installed Alertmanager'
    : skipUnless(ALERTMANAGER !== undefined && AMTOOL !== undefined, MISSING),
  timeout: 120_000,
}, () => {
  let peers: Peers;
  before(async () => {
    peers = await startPeers();
  });
  after(() => peers?.stop());

  const ids: Record<string, string[]> = {};

  /** What is printed, without the warning that versions differ. */
  function run(base: string, command: string): string {
    const own = (ids[base] ??= []);
    const args = command
      .split(' ')
      .map((arg) => arg.replace(/^\{(\d)\}$/, (_, n) => own[Number(n)] ?? NO_ID));
    const { stdout, stderr, status } = spawnSync(AMTOOL!, [`--alertmanager.url=${base}`, ...args], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    if (/^silence (add|update)/.test(command) && status === 0) {
      for (const [id] of stdout.matchAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g)) if (!own.includes(id)) own.push(id);
    }
    let text = `${stdout}${stderr.replace(/^Warning: amtool version.*\n/gm, '')}[${status}]`;
    own.forEach((id, i) => {
      text = text.replaceAll(id, `{${i}}`);
    });
    return text
      .replaceAll(/20(?!99)\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'A TIME OF THE TEST UTC')
      .replaceAll(/"20(?!99)\d\d-[^"]*Z"/g, '"time"')
      .replaceAll(/,"mutedBy":\[\]/g, '')
      .replaceAll(/invalid silence: matcher set 0: /g, 'silence invalid: ');
  }

  const commands = [
    'alert add alertname=Disk severity=page instance=a --annotation=summary=full --end=2099-01-01T00:00:00Z --start=2020-01-01T00:00:00Z',
    'alert add Net severity=info instance=b --end=2099-01-01T00:00:00Z --generator-url=http://x/y',
    'alert',
    'alert query severity=page',
    'alert query instance=~a|b -o extended',
    'alert query severity=info -o json',
    'alert query --receiver=shown-only',
    'alert query --receiver=none',
    'silence add alertname=Disk instance=~a.* -c why -a me --start=2099-01-01T00:00:00Z --end=2099-02-01T00:00:00Z',
    'silence add alertname=Net -c why -a me -d 1h',
    'silence query',
    'silence query -o extended',
    'silence query -o json',
    'silence query instance=~a.*',
    'silence query alertname=Other',
    'silence query -q',
    'alert query',
    'alert query --silenced',
    'alert query -s -o json',
    'silence update --comment=because --duration=2h {0}',
    'silence update -e 30m {1} -q',
    'silence query',
    'silence expire {1}',
    'alert query',
    'silence expire {0}',
    'silence query',
    'silence query --expired',
    'silence add -c why -a me',
    'silence add x=~.* -c why -a me',
    'silence add x=y -c why -a me --start=2020-12-30T00:00:00Z --end=2020-12-31T00:00:00Z',
    'silence update -d 1h {9}',
    'config routes',
    'config routes test a=b',
    'cluster show',
  ];
  for (const command of commands) {
    it(command, async () => {
      if (!/^(alert|silence) (add|update|expire)/.test(command)) {
        await eventually(async () => assert.equal(run(peers.own, command), run(peers.real, command)), 3000);
      } else assert.equal(run(peers.own, command), run(peers.real, command));
    });
  }
});
