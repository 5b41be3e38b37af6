/**
 * `kill -9` at random moments, again and again, for all three signals: every item that was acknowledged is read
 * back, exactly once. Items whose request got no answer may be there or not, whole, but never twice.
 *
 * Every start verifies what the last kill left and is then killed itself: under mere appends, during a flush, a
 * compaction, a retention pass (old data is sent beside new, and every start looks for what is too old after a
 * second), right after it is ready, or while it still replays.
 *
 * `TRILITE_TEST_KILLS=NUMBER` sets how many kills there are; they come in groups, each with a store of its own.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type TestServer } from '../support/server.ts';
import { type Ledger, load, newLedger, post, SIGNALS, verify } from './ledger.ts';

const KILLS = Number(process.env.TRILITE_TEST_KILLS ?? 24);
const KILLS_PER_GROUP = 50;
/** What is under way when the kill comes; each stands here as often as it should in ten kills. */
const PHASES = [
  'append',
  'flush',
  'compaction',
  'start',
  'retention',
  'flush',
  'append',
  'compaction',
  'ready',
  'retention',
] as const;
type Phase = (typeof PHASES)[number];

const KEEP_HOURS = 30;
const HOUR_MS = 3_600_000;
/** Inside the retention, and in a time partition that the retention's end does not come near. */
const NEW_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
/** Out of it. */
const OLD_MS = NEW_MS - 72 * HOUR_MS;
/** Clients of new data and of old, per signal. */
const NEW_CLIENTS = 2;
const OLD_CLIENTS = 1;
/** A start looks for what is too old this long after it. */
const RETENTION_AFTER_MS = 1000;
/** The kill comes this long after the load began, at random. */
const LOAD_MIN_MS = 40;
const LOAD_MAX_MS = 400;
/** How often to look whether what is too old has gone, at the end. */
const EXPIRY_ATTEMPTS = 40;
/** A start takes about this long. */
const START_MAX_MS = 500;

/** A fixed sequence of numbers below 1, so that a run can be repeated as far as timing allows. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class CrashRun {
  readonly #options: { readonly dataDir: string; readonly args: readonly string[] };
  readonly #random: () => number;
  readonly #name: string;
  #all: Ledger[] = [];
  /** Not read back since the kill that ended them. */
  #unverified: Ledger[] = [];
  #child: ChildProcess | undefined;
  items = 0;
  slowestStartMs = 0;

  constructor(dataDir: string, group: number) {
    const config = path.join(dataDir, 'config.yml');
    fs.writeFileSync(config, 'scrape_configs: []\n');
    this.#options = { dataDir, args: ['--config', config, '--retention', `${KEEP_HOURS}h`] };
    this.#random = randomFrom(group + 1);
    this.#name = `g${group}`;
  }

  async #start(): Promise<TestServer> {
    const server = await startServer({
      ...this.#options,
      onSpawn: (child) => {
        this.#child = child;
      },
    });
    const took = Number(/ready in (\d+) ms/.exec(server.readyLine)?.[1]);
    this.slowestStartMs = Math.max(this.slowestStartMs, took);
    return server;
  }

  /** Ends the server of a test that failed: it would keep the process alive. */
  dispose(): void {
    this.#child?.kill('SIGKILL');
  }

  async #verify(base: string, ledgers: readonly Ledger[]): Promise<number> {
    let items = 0;
    for (const ledger of ledgers) items += await verify(base, ledger);
    return items;
  }

  /** One start and its kill. */
  async kill(round: number): Promise<void> {
    const phase = PHASES[round % PHASES.length]!;
    if (phase === 'start') return this.#killWhileStarting();
    const server = await this.#start();
    const startedAt = performance.now();
    if (phase === 'ready') {
      await server.stop('SIGKILL');
      return;
    }
    await this.#verify(server.base, this.#unverified);
    this.#unverified = this.#clients(round);
    this.#all.push(...this.#unverified);
    const running = this.#unverified.map((ledger) => load(server.base, ledger));
    await this.#disturb(phase, server, startedAt);
    await server.stop('SIGKILL');
    await Promise.all(running);
  }

  #clients(round: number): Ledger[] {
    return SIGNALS.flatMap((signal) => [
      ...Array.from({ length: NEW_CLIENTS }, (_, c) => newLedger(signal, `r${round}n${c}`, NEW_MS, false)),
      ...Array.from({ length: OLD_CLIENTS }, (_, c) => newLedger(signal, `r${round}o${c}`, OLD_MS, true)),
    ]);
  }

  /** Resolves at the moment of the kill. */
  async #disturb(phase: Phase, server: TestServer, startedAt: number): Promise<void> {
    const delay = LOAD_MIN_MS + this.#random() * (LOAD_MAX_MS - LOAD_MIN_MS);
    if (phase === 'append') return sleep(delay);
    await sleep(delay / 2);
    const flush = () =>
      post(`${server.base}/-/flush${phase === 'compaction' ? '?compact=true' : ''}`, {}, '');
    if (phase === 'retention') {
      // Old data in blocks for the pass to drop.
      await flush();
      const begins = startedAt + RETENTION_AFTER_MS - performance.now();
      return sleep(Math.max(0, begins + this.#random() * 150 - 20));
    }
    flush().catch(() => {});
    await sleep(this.#random() * delay);
  }

  async #killWhileStarting(): Promise<void> {
    const delay = this.#random() * START_MAX_MS;
    const started = startServer({
      ...this.#options,
      onSpawn: (child) => setTimeout(() => child.kill('SIGKILL'), delay),
    });
    // Killed before or after it was ready.
    const server = await started.catch(() => undefined);
    await server?.stop('SIGKILL');
  }

  /** All that was ever sent, merged; then what is too old is gone, and nothing else. */
  async finish(): Promise<void> {
    const server = await this.#start();
    this.items = await this.#verify(server.base, this.#all);
    await post(`${server.base}/-/flush?compact=true`, {}, '');
    await this.#verify(server.base, this.#all);
    assert.equal(await server.stop(), 0, 'a clean stop');
    const last = await this.#start();
    const [old, kept] = [true, false].map((expires) => this.#all.filter((l) => l.mayExpire === expires));
    for (let attempt = 0; (await this.#verify(last.base, old!)) > 0; attempt++) {
      assert.ok(attempt < EXPIRY_ATTEMPTS, 'what is too old goes');
      await sleep(RETENTION_AFTER_MS / 4);
    }
    assert.ok((await this.#verify(last.base, kept!)) > 0, `${this.#name}: the load stored something`);
    assert.equal(await last.stop(), 0, 'a clean stop at the end');
    assert.doesNotMatch(server.stderr() + last.stderr(), /damage|malformed|failed/);
  }
}

describe(`kill -9, ${KILLS} times under load, loses nothing that was acknowledged`, () => {
  for (let done = 0; done < KILLS; done += KILLS_PER_GROUP) {
    const kills = Math.min(KILLS_PER_GROUP, KILLS - done);
    test(`kills ${done + 1} to ${done + kills}`, { timeout: 280_000 }, async (t) => {
      const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-crash-'));
      const run = new CrashRun(dataDir, done / KILLS_PER_GROUP);
      t.after(() => {
        run.dispose();
        fs.rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
      });
      for (let round = 0; round < kills; round++) await run.kill(round);
      await run.finish();
      t.diagnostic(`${kills} kills, ${run.items} items read back, slowest start ${run.slowestStartMs} ms`);
    });
  }
});
