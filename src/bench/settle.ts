/**
 * Waiting until a system has done the work that ingesting left behind: systems that postpone it (compaction, flushes)
 * must not look cheaper than systems that do it at once.
 *
 * 1. Ask for it, with the calls that the known systems have; what a system does not know it answers with 404.
 * 2. Wait until its processes are idle, within a bound.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './process-use.ts';
import type { System } from './target.ts';

/** Tried on every origin of a system, in this order; after the first of a group that works the others are left out. */
const REQUESTS: readonly (readonly { readonly method: 'GET' | 'POST'; readonly path: string }[])[] = [
  [
    // Trilite: writes the heads to blocks and merges them.
    { method: 'POST', path: '/-/flush?compact=true' },
    // Loki, Tempo: flushes the ingesters.
    { method: 'POST', path: '/flush' },
  ],
  // VictoriaMetrics and its kin.
  [{ method: 'GET', path: '/internal/force_flush' }],
  [{ method: 'GET', path: '/internal/force_merge' }],
];
const REQUEST_MAX_MS = 120_000;

/** Idle is less than this share of one CPU … */
const IDLE_SHARE = 0.03;
/** … over this long. */
const IDLE_MS = 3000;

export interface Settled {
  readonly seconds: number;
  /** Calls that the system knew. */
  readonly calls: readonly string[];
  /** Undefined where no process is known, or the run was interrupted; false where it was still at work when the time was up. */
  readonly idle: boolean | undefined;
}

/** Waits for `minMs` at least, and from then on for `maxMs` at most. */
export async function settle(
  system: System,
  maxMs: number,
  signal: AbortSignal,
  minMs = 0,
): Promise<Settled> {
  const began = performance.now();
  const origins = new Set<string>();
  for (const [kind, url] of Object.entries(system.urls)) {
    if (kind !== 'otlp-grpc') origins.add(new URL(url).origin);
  }
  const calls: string[] = [];
  for (const origin of origins) calls.push(...(await requestAll(system, origin)));
  await sleep(Math.max(0, minMs - (performance.now() - began)), undefined, { signal }).catch(() => {});
  const idle =
    system.pids.length === 0 ? undefined : await idleWithin(system.pids, performance.now() + maxMs, signal);
  return { seconds: (performance.now() - began) / 1000, calls: [...new Set(calls)], idle };
}

async function requestAll(system: System, origin: string): Promise<string[]> {
  const known: string[] = [];
  for (const group of REQUESTS) {
    for (const { method, path } of group) {
      if (!(await knows(system, method, origin + path))) continue;
      known.push(`${method} ${path}`);
      break;
    }
  }
  return known;
}

async function knows(system: System, method: string, url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(REQUEST_MAX_MS);
    const answer = await fetch(url, { method, headers: { ...system.headers }, signal });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

async function idleWithin(
  pids: readonly number[],
  deadline: number,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  while (!signal.aborted) {
    const before = cpuSeconds(pids);
    const from = performance.now();
    await sleep(IDLE_MS);
    const share = (cpuSeconds(pids) - before) / ((performance.now() - from) / 1000);
    if (share < IDLE_SHARE) return true;
    if (performance.now() > deadline) return false;
  }
  return undefined;
}
