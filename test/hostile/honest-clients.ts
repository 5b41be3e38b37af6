/**
 * Clients as they should be: each sends numbered items at its own pace, tries again where it is told to, and notes what was
 * acknowledged, which is read back at the end. Beside them some that only ask.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, status as GRPC } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';
import type { Target } from './attack.ts';
import { encodeSpan } from './span-message.ts';

/** An answer that takes longer counts as none. */
const PATIENCE_MS = 20_000;
const RETRY_MS = 300;
/** How long a pause a client grants that is told when to come again. */
const RETRY_MAX_MS = 2000;

/** What one kind of client saw. */
export interface Seen {
  attempts: number;
  done: number;
  /** Told to come again: 429, 503 and gRPC's words for them. */
  later: number;
  /** No connection, or one that broke, or no answer in time. */
  broken: number;
  /** Answers that should not be; the first few of them. */
  readonly wrong: string[];
  readonly latenciesMs: number[];
}

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly afterMs: number }
  | { readonly kind: 'broken' }
  | { readonly kind: 'wrong'; readonly why: string };

export interface HonestClient {
  readonly name: string;
  readonly everyMs: number;
  /** Whether an item that did not get through is sent again. */
  readonly insists: boolean;
  attempt(n: number): Promise<Outcome>;
}

export async function http(
  url: string,
  init: RequestInit = {},
): Promise<Outcome & { readonly text?: string }> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await answer.text();
    if (answer.status < 300) return { kind: 'done', text };
    if (answer.status === 429 || answer.status === 503) {
      const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
      return {
        kind: 'later',
        afterMs: Math.min(RETRY_MAX_MS, Number.isNaN(seconds) ? RETRY_MS : seconds * 1000),
      };
    }
    return { kind: 'wrong', why: `${answer.status} ${text.slice(0, 200)}` };
  } catch {
    return { kind: 'broken' };
  }
}

const nsOf = (ms: number) => `${ms}000000`;
const JSON_TYPE = { 'content-type': 'application/json' };

/** The ID of the trace that is item `n`. */
export function traceIdOf(kind: 'http' | 'grpc', n: number): string {
  return (kind === 'http' ? 'a' : 'b').repeat(16) + n.toString(16).padStart(16, '0');
}

/** `timeOf` is an item's time in ms, each its own. */
export function honestClients(target: Target, timeOf: (n: number) => number): HonestClient[] {
  const base = `http://127.0.0.1:${target.http}`;
  const post = (path: string, headers: Record<string, string>, body: Uint8Array | string) =>
    http(base + path, { method: 'POST', headers, body });
  const get = (path: string) => http(base + path);
  const stub = new Client(`127.0.0.1:${target.grpc}`, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 1000,
  });
  const recent = () => `start=${Math.floor(Date.now() / 1000) - 300}&end=${Math.floor(Date.now() / 1000)}`;
  const sender = (name: string, attempt: HonestClient['attempt']): HonestClient => ({
    name,
    everyMs: 200,
    insists: true,
    attempt,
  });
  const asker = (name: string, everyMs: number, path: () => string): HonestClient => ({
    name,
    everyMs,
    insists: false,
    attempt: () => get(path()),
  });
  return [
    sender('metrics', (n) =>
      post(
        '/api/v1/write',
        REMOTE_WRITE_HEADERS,
        remoteWriteBody([{ labels: { __name__: 'honest_total' }, samples: [[timeOf(n), n]] }]),
      ),
    ),
    sender('logs', (n) =>
      post(
        '/loki/api/v1/push',
        JSON_TYPE,
        JSON.stringify({
          streams: [{ stream: { app: 'honest' }, values: [[nsOf(timeOf(n)), `item=${n}`]] }],
        }),
      ),
    ),
    sender('traces', (n) =>
      post(
        '/v1/traces',
        { 'content-type': 'application/x-protobuf' },
        encodeSpan(traceIdOf('http', n), timeOf(n)),
      ),
    ),
    sender('traces-grpc', (n) => callGrpc(stub, encodeSpan(traceIdOf('grpc', n), timeOf(n)))),
    asker(
      'promql',
      500,
      () => `/api/v1/query_range?query=${encodeURIComponent('rate(honest_total[1m])')}&${recent()}&step=5`,
    ),
    asker(
      'logql',
      700,
      () =>
        `/loki/api/v1/query_range?query=${encodeURIComponent('{app="honest"} |= "item"')}&${recent()}&limit=100`,
    ),
    asker(
      'traceql',
      900,
      () =>
        `/api/search?q=${encodeURIComponent('{ resource.service.name = "honest" }')}&${recent()}&limit=20`,
    ),
    asker('page', 1500, () => '/'),
    asker('ready', 250, () => '/-/ready'),
  ];
}

function callGrpc(stub: Client, message: Uint8Array): Promise<Outcome> {
  const bytes = (value: Buffer) => value;
  return new Promise((resolve) => {
    stub.makeUnaryRequest(
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      bytes,
      bytes,
      Buffer.from(message),
      { deadline: Date.now() + PATIENCE_MS },
      (error) => {
        if (!error) resolve({ kind: 'done' });
        else if (error.code === GRPC.RESOURCE_EXHAUSTED) resolve({ kind: 'later', afterMs: RETRY_MS });
        else if (
          error.code === GRPC.UNAVAILABLE ||
          error.code === GRPC.DEADLINE_EXCEEDED ||
          error.code === GRPC.CANCELLED
        )
          resolve({ kind: 'broken' });
        else resolve({ kind: 'wrong', why: `${error.code} ${error.details}` });
      },
    );
  });
}

/** Runs one client until `signal`; `acknowledged` gets the numbers of items that got through. */
export async function runClient(
  client: HonestClient,
  seen: Seen,
  acknowledged: Set<number>,
  signal: AbortSignal,
): Promise<void> {
  for (let n = 0; !signal.aborted; ) {
    const start = performance.now();
    const outcome = await client.attempt(n);
    seen.attempts++;
    seen.latenciesMs.push(performance.now() - start);
    let waitMs = client.everyMs;
    if (outcome.kind === 'done') {
      seen.done++;
      acknowledged.add(n);
    } else if (outcome.kind === 'later') {
      seen.later++;
      waitMs = outcome.afterMs;
    } else if (outcome.kind === 'broken') {
      seen.broken++;
      waitMs = RETRY_MS;
    } else if (seen.wrong.length < 20) seen.wrong.push(outcome.why);
    if (outcome.kind === 'done' || outcome.kind === 'wrong' || !client.insists) n++;
    await sleep(waitMs);
  }
}

/** Follows the honest logs over a WebSocket, coming again when it breaks; resolves with the lines that came, after `signal`. */
export async function follow(
  target: Target,
  signal: AbortSignal,
): Promise<{ lines: number; connections: number }> {
  let lines = 0;
  let connections = 0;
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const url = `ws://127.0.0.1:${target.http}/loki/api/v1/tail?query=${encodeURIComponent('{app="honest"}')}`;
      const socket = new WebSocket(url);
      const end = () => socket.terminate();
      signal.addEventListener('abort', end, { once: true });
      socket.on('open', () => connections++);
      socket.on('message', (data) => {
        const { streams } = JSON.parse(String(data)) as { streams: { values: unknown[] }[] | null };
        for (const { values } of streams ?? []) lines += values.length;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        signal.removeEventListener('abort', end);
        resolve();
      });
    });
    if (!signal.aborted) await sleep(500);
  }
  return { lines, connections };
}
