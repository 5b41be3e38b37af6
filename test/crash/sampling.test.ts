/**
 * `kill -9` while traces wait for their sampling decision, are decided, stored, and cut from the journal. Clients send every
 * trace in parts, each part with those of other traces in one request, and send again what was not acknowledged, as
 * senders do. Policies are such that a trace's first part settles its fate: in the end every trace that is to be kept is there,
 * whole and once, and of the others there is nothing, whenever their later parts came.
 *
 * `TRILITE_TEST_KILLS=NUMBER` sets how many kills there are.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../support/server.ts';
import { post } from './ledger.ts';

/** One store for all of them: more would not end in time. */
const KILLS = Math.min(20, Number(process.env.TRILITE_TEST_KILLS ?? 8));
/** Enough for all to be decided. */
const IDLE_MS = 600;
const CLIENTS = 3;
const PARTS = 3;
const SPANS_PER_PART = 2;
/** So short that a run between two kills decides a good part of what it took in. */
const CONFIG = `
scrape_configs: []
trilite:
  tail_sampling:
    decision_wait: 150ms
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - name: unwanted
        type: drop
        drop:
          drop_sub_policy:
            - {name: probe, type: string_attribute, string_attribute: {key: probe, values: ["yes"]}}
`;
/** Of trace n, by n modulo 3: it has an error; it has an error and is a probe; neither. */
const isKept = (n: number) => n % 3 === 0;

const BASE_NS = BigInt(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000) * 1_000_000n;
const traceIdOf = (client: number, n: number) =>
  `${(client + 1).toString(16).padStart(16, '0')}${(n + 1).toString(16).padStart(16, '0')}`;
const spanNames = Array.from({ length: PARTS * SPANS_PER_PART }, (_, i) => `span ${i}`);

function partOf(client: number, n: number, part: number) {
  return Array.from({ length: SPANS_PER_PART }, (_, i) => {
    const number = part * SPANS_PER_PART + i;
    const start = BASE_NS + BigInt(n) * 1_000_000n;
    return {
      traceId: traceIdOf(client, n),
      spanId: (number + 1).toString(16).padStart(16, '0'),
      name: spanNames[number],
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 1000n),
      ...(part === 0 && n % 3 < 2 && { status: { code: 2 } }),
      ...(part === 0 && n % 3 === 1 && { attributes: [{ key: 'probe', value: { stringValue: 'yes' } }] }),
    };
  });
}

/** The first part of trace n with later parts of the ones before. */
function requestBody(client: number, n: number): string {
  const spans = [];
  for (let part = 0; part < PARTS && n - part >= 0; part++) spans.push(...partOf(client, n - part, part));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: `client ${client}` } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

/** A client that outlives servers: what was not acknowledged is sent again to the next. */
class Client {
  readonly #number: number;
  /** Requests that were acknowledged. */
  sent = 0;

  constructor(number: number) {
    this.#number = number;
  }

  async sendUntil(base: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      if (!(await this.#send(base))) return;
    }
  }

  /** The later parts of the last traces. */
  async finish(base: string): Promise<void> {
    for (let part = 1; part < PARTS; part++) assert.ok(await this.#send(base));
  }

  async #send(base: string): Promise<boolean> {
    const body = requestBody(this.#number, this.sent);
    const isTaken = await post(`${base}/v1/traces`, { 'content-type': 'application/json' }, body);
    if (isTaken) this.sent++;
    return isTaken;
  }

  /** Traces that are complete: the last two lack parts. */
  get complete(): number {
    return this.sent - (PARTS - 1);
  }
}

interface FoundTrace {
  readonly traceID: string;
  readonly spanSets: readonly { readonly spans: readonly { readonly name: string }[] }[];
}

async function storedTraces(base: string, client: number): Promise<Map<string, string[]>> {
  const query = encodeURIComponent(`{ resource.service.name = "client ${client}" } | select(name)`);
  const seconds = Number(BASE_NS / 1_000_000_000n);
  const url = `${base}/api/search?q=${query}&start=${seconds - 1}&end=${seconds + 3600}&limit=100000&spss=100`;
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  const { traces = [] } = (await answer.json()) as { traces?: FoundTrace[] };
  const found = new Map<string, string[]>();
  for (const trace of traces) {
    const names = trace.spanSets.flatMap((set) => set.spans.map((span) => span.name));
    const id = trace.traceID.padStart(32, '0');
    found.set(id, [...(found.get(id) ?? []), ...names].sort());
  }
  return found;
}

/** Returns how many traces are kept. */
async function verify(base: string, clients: readonly Client[]): Promise<number> {
  let kept = 0;
  for (const [c, client] of clients.entries()) {
    const found = await storedTraces(base, c);
    for (let n = 0; n < client.complete; n++) {
      const names = found.get(traceIdOf(c, n));
      assert.deepEqual(
        names,
        isKept(n) ? spanNames : undefined,
        `client ${c}, trace ${n} of ${client.complete}`,
      );
      if (names) kept++;
    }
  }
  return kept;
}

test(`kill -9, ${KILLS} times while traces are sampled`, { timeout: 280_000 }, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-sampling-crash-'));
  const config = path.join(dataDir, 'config.yml');
  fs.writeFileSync(config, CONFIG);
  let child: ChildProcess | undefined;
  t.after(() => {
    child?.kill('SIGKILL');
    fs.rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const options = {
    dataDir,
    args: ['--config', config],
    onSpawn: (spawned: ChildProcess) => {
      child = spawned;
    },
  };
  const clients = Array.from({ length: CLIENTS }, (_, i) => new Client(i));
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(options);
    let isOver = false;
    const running = clients.map((client) => client.sendUntil(server.base, () => isOver));
    await sleep(50 + ((kill * 7) % 10) * 60);
    if (kill % 3 === 2) void post(`${server.base}/-/flush`, {}, '').catch(() => {});
    // Every other kill comes when nothing is being sent: traces wait, or all are decided and cut from the journal, and
    // their last parts come to a server that knows of them by its decisions alone.
    if (kill % 2 === 1) {
      isOver = true;
      await sleep(kill % 4 === 1 ? IDLE_MS : 100);
    }
    // Now and then a stop in good order, which leaves as much waiting.
    const isStop = kill % 5 === 4;
    if (isStop) {
      isOver = true;
      await Promise.all(running);
    }
    await server.stop(isStop ? 'SIGTERM' : 'SIGKILL');
    await Promise.all(running);
  }
  const server = await startServer(options);
  for (const client of clients) await client.finish(server.base);
  await post(`${server.base}/-/flush?sampling=decide`, {}, '');
  const kept = await verify(server.base, clients);
  await post(`${server.base}/-/flush?compact=true`, {}, '');
  assert.equal(await verify(server.base, clients), kept);
  assert.equal(await server.stop(), 0, 'a clean stop');
  assert.doesNotMatch(server.stderr(), /damage|malformed|failed/);
  const last = await startServer(options);
  assert.equal(await verify(last.base, clients), kept, 'nothing comes back after a stop in good order');
  assert.equal(await last.stop(), 0, 'a clean stop at the end');
  assert.ok(kept > 0, 'some are kept');
  t.diagnostic(`${KILLS} kills, ${clients.reduce((n, c) => n + c.complete, 0)} traces, ${kept} kept`);
});
