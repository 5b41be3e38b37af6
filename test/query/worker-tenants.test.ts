/** Queries of several tenants in one pool of readers: nobody waits for a flood that is not his. */

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setWorkerSources } from '../../src/base/worker-pool.ts';
import { NO_QUERY_LIMITS, type QueryLimits } from '../../src/model/tenant-limits.ts';
import type { ServiceRequest } from '../../src/query/service.ts';
import { ReaderPool } from '../../src/query/worker.ts';

const TIMEOUT = { timeout: 30_000 };
setWorkerSources(() => ({ path: new URL('./stub-reader.ts', import.meta.url) }));

const pools: ReaderPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf(readers: number, tenants: Readonly<Record<string, Partial<QueryLimits>>> = {}): ReaderPool {
  const whole = Object.entries(tenants).map(([t, limits]) => [t, { ...NO_QUERY_LIMITS, ...limits }] as const);
  const limits = { defaults: NO_QUERY_LIMITS, tenants: Object.fromEntries(whole) };
  const source = { heads: { answer: () => undefined }, jobStarted: () => 1, jobEnded: () => {}, floor: 0 };
  const pool = new ReaderPool({ path: 'none', readers, source, limits });
  pools.push(pool);
  return pool;
}

const of = (...tenants: string[]): ServiceRequest => ({
  params: [],
  path: {},
  headers: {},
  nowMs: 0,
  tenants,
});
const never = new AbortController().signal;

describe('queries of tenants', () => {
  test('are answered in turn: one that floods waits for himself', TIMEOUT, async () => {
    const pool = poolOf(1);
    const order: string[] = [];
    const run = (tenant: string) => pool.run('echo', of(tenant), never).then(() => order.push(tenant));
    const flood = Array.from({ length: 300 }, () => run('loud'));
    // Whoever names another with it has no queue more.
    const union = Array.from({ length: 300 }, (_, i) =>
      pool.run('echo', of('loud', `other${i}`), never).then(() => order.push('union')),
    );
    const quiet = Array.from({ length: 5 }, () => run('quiet'));
    await Promise.all([...flood, ...union, ...quiet]);
    const last = order.lastIndexOf('quiet');
    // The first was under way when they came; then each waits for one other.
    assert.ok(last <= 11, `the last one was number ${last}`);
  });

  test('run up to a number of each, the others wait, and too many are refused', TIMEOUT, async () => {
    const pool = poolOf(2, { loud: { runningMax: 1, waitingMax: 2 } });
    const ending = new AbortController();
    const ended = () => assert.rejects(running, { kind: 'canceled' });
    const running = pool.run('wait', of('loud'), ending.signal);
    let answered = 0;
    const waiting = [1, 2].map(() => pool.run('echo', of('loud'), never).then(() => answered++));
    const refused = { kind: 'rate_limited', message: 'too many outstanding requests', retrySeconds: 1 };
    await assert.rejects(pool.run('echo', of('loud'), never), refused);
    for (let i = 0; i < 3; i++) await pool.run('echo', of('quiet'), never);
    assert.deepEqual([answered, pool.waiting], [0, 2], 'a reader is free, and not for these');
    ending.abort();
    await ended();
    await Promise.all(waiting);
    assert.equal(answered, 2);
  });

  test('a full queue has room for who has less in it', TIMEOUT, async () => {
    const pool = poolOf(1);
    const ending = new AbortController();
    const running = pool.run('wait', of('loud'), ending.signal);
    const flood = Array.from({ length: 1000 }, () => pool.run('echo', of('loud'), ending.signal));
    const results = Promise.allSettled([running, ...flood]);
    await assert.rejects(pool.run('echo', of('loud'), never), { kind: 'overloaded' });
    const quiet = pool.run('echo', of('quiet'), never);
    const rules = pool.run('rules.record', of('loud'), ending.signal);
    rules.catch(() => {});
    assert.equal(pool.waiting, 1000);
    ending.abort();
    await quiet;
    const pushedOut = (await results).filter(
      (r) => r.status === 'rejected' && (r.reason as { kind: string }).kind === 'rate_limited',
    );
    assert.equal(pushedOut.length, 2);
  });

  test('follow limits that change', TIMEOUT, async () => {
    const pool = poolOf(2, { loud: { runningMax: 1 } });
    const ending = new AbortController();
    const running = pool.run('wait', of('loud'), ending.signal);
    const second = pool.run('echo', of('loud'), never);
    assert.equal(pool.waiting, 1);
    pool.change({});
    await second;
    ending.abort();
    await assert.rejects(running, { kind: 'canceled' });
  });
});
