/** The pool of reader threads, with a reader of its own for what real services do not do, and with the real one. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { setWorkerSources } from '../../src/base/worker-pool.ts';
import type { TriliteError } from '../../src/model/errors.ts';
import type { ServiceAnswer, ServiceRequest } from '../../src/query/service.ts';
import { type EndedJob, type HeadSource, ReaderPool } from '../../src/query/worker.ts';
import { PIECES_AHEAD } from '../../src/query/worker-protocol.ts';
import { metricBatch } from '../storage/batches.ts';
import { openEngine, tempDir } from '../storage/local-engine.ts';

const TIMEOUT = { timeout: 30_000 };
const ROOT = new URL('../../src/', import.meta.url);
let reader = new URL('./stub-reader.ts', import.meta.url);
setWorkerSources((name) => ({
  path: name === 'reader' ? reader : new URL('storage/sqlite/writer-entry.ts', ROOT),
}));

const pools: ReaderPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Counts the jobs that hold generations back. */
class Source implements HeadSource {
  readonly held = new Set<number>();
  started = 0;
  readonly floor = 0;
  readonly heads = { answer: (request: unknown) => ({ answered: request }) };

  jobStarted(): number {
    this.held.add(++this.started);
    return this.started;
  }

  jobEnded(job: number): void {
    assert.ok(this.held.delete(job), 'a job ends once');
  }
}

function stubPool(readers: number): { pool: ReaderPool; source: Source } {
  const source = new Source();
  const pool = new ReaderPool({ path: 'none', readers, source });
  pools.push(pool);
  return { pool, source };
}

const request = (...params: [string, string][]): ServiceRequest => ({
  params,
  path: {},
  headers: {},
  nowMs: 0,
});
const never = new AbortController().signal;
const jsonOf = (answer: ServiceAnswer) => JSON.parse(Buffer.from(answer.body).toString());

describe('the pool of readers', () => {
  test('runs jobs in the order in which they came, and one thread serves them all', TIMEOUT, async () => {
    const { pool, source } = stubPool(1);
    const order: number[] = [];
    const jobs = Array.from({ length: 20 }, async (_, i) => {
      const answer = await pool.run('echo', request(['n', String(i)]), never);
      order.push(i);
      assert.deepEqual(jsonOf(answer), [['n', String(i)]]);
      assert.equal(answer.status, 200);
      return answer.headers!['x-thread'];
    });
    assert.equal(new Set(await Promise.all(jobs)).size, 1);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.deepEqual([source.started, source.held.size, pool.damagedPages], [20, 0, 3]);
  });

  test('runs as many jobs at a time as there may be readers', TIMEOUT, async () => {
    const { pool, source } = stubPool(2);
    const controller = new AbortController();
    const waiting = pool.run('wait', request(), controller.signal);
    // The second reader is free.
    await pool.run('echo', request(), never);
    assert.equal(source.held.size, 1);
    const second = pool.run('wait', request(), controller.signal);
    let answered = false;
    const queued = pool.run('echo', request(), never).then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!answered, 'both readers are taken');
    controller.abort();
    await Promise.all([waiting, second].map((job) => assert.rejects(job, { kind: 'canceled' })));
    await queued;
    assert.equal(source.held.size, 0);
  });

  test('answers what a reader asks of the heads', TIMEOUT, async () => {
    const { pool } = stubPool(1);
    assert.deepEqual(jsonOf(await pool.run('ask', request(), never)), { answered: 'question' });
  });

  test('cancels the job whose client went away, and only that', TIMEOUT, async () => {
    const { pool, source } = stubPool(1);
    const [running, queued] = [new AbortController(), new AbortController()];
    const first = pool.run('wait', request(), running.signal);
    const second = pool.run('wait', request(), queued.signal);
    const third = pool.run('echo', request(['a', 'b']), never);
    queued.abort();
    running.abort();
    await Promise.all([first, second].map((job) => assert.rejects(job, { kind: 'canceled' })));
    assert.deepEqual(jsonOf(await third), [['a', 'b']]);
    assert.equal(source.started, 2, 'a job that was cancelled while it waited never ran');
    // A signal that fires after its job is done does nothing to the next.
    const late = new AbortController();
    await pool.run('echo', request(), late.signal);
    const next = pool.run('ask', request(), never);
    late.abort();
    await next;
  });

  test('ends and replaces a reader that does not notice that its client went away', TIMEOUT, async () => {
    const { pool, source } = stubPool(1);
    const gone = new AbortController();
    const hanging = pool.run('hang', request(), gone.signal);
    const next = pool.run('echo', request(['a', 'b']), never);
    gone.abort();
    await assert.rejects(hanging, { kind: 'canceled' });
    assert.deepEqual(jsonOf(await next), [['a', 'b']]);
    assert.deepEqual([source.held.size, pool.running, pool.waiting], [0, 0, 0]);
  });

  test('a job that waits is told at once that its time is over', TIMEOUT, async () => {
    const { pool } = stubPool(1);
    const [running, queued] = [new AbortController(), new AbortController()];
    const first = pool.run('wait', request(), running.signal);
    const second = pool.run('echo', request(), queued.signal);
    queued.abort();
    await assert.rejects(second, { kind: 'canceled' });
    assert.deepEqual([pool.running, pool.waiting], [1, 0]);
    running.abort();
    await assert.rejects(first, { kind: 'canceled' });
  });

  test('tells of every job that ended: how long, and with what', TIMEOUT, async () => {
    const ended: EndedJob[] = [];
    const pool = new ReaderPool({
      path: 'none',
      readers: 1,
      source: new Source(),
      onJob: (j) => ended.push(j),
    });
    pools.push(pool);
    await pool.run('echo', request(['n', '1']), never);
    await assert.rejects(pool.run('refuse', request(), never));
    await assert.rejects(pool.run('exit', request(), never));
    assert.deepEqual(
      ended.map((j) => [j.service, j.status, (j.error as TriliteError | undefined)?.kind]),
      [
        ['echo', 200, undefined],
        ['refuse', undefined, 'bad_data'],
        ['exit', undefined, 'internal'],
      ],
    );
    assert.deepEqual(ended[0]!.request.params, [['n', '1']]);
    for (const { tookMs, queuedMs } of ended) assert.ok(tookMs >= 0 && queuedMs >= 0);
  });

  test('passes on a refusal with its kind', TIMEOUT, async () => {
    const { pool } = stubPool(1);
    await assert.rejects(pool.run('refuse', request(), never), {
      kind: 'bad_data',
      message: 'no such thing',
    });
    await pool.run('echo', request(), never);
  });

  for (const how of ['crash', 'exit']) {
    test(`replaces a reader that ends by ${how}; only its job fails`, TIMEOUT, async () => {
      const { pool, source } = stubPool(1);
      const before = await pool.run('echo', request(), never);
      const broken = pool.run(how, request(), never);
      const after = pool.run('echo', request(), never);
      await assert.rejects(broken, (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'internal');
        assert.match(error.message, /the query ended its thread/);
        return true;
      });
      assert.notEqual((await after).headers!['x-thread'], before.headers!['x-thread']);
      assert.equal(source.held.size, 0, 'the job holds nothing back any more');
    });
  }

  describe('an answer in pieces', () => {
    const stream = (pool: ReaderPool, count: string, signal = never) =>
      pool.run('stream', request(['count', count]), signal);
    const made = async (pool: ReaderPool) => Number(jsonOf(await pool.run('made', request(), never)));

    test('comes whole and in order, and holds its reader until its end', TIMEOUT, async () => {
      const { pool, source } = stubPool(1);
      const answer = await stream(pool, '50');
      assert.equal(answer.contentType, 'x/y');
      assert.equal(source.held.size, 1);
      const got: number[] = [];
      for await (const piece of answer.rest!) got.push(...piece);
      assert.deepEqual(
        got,
        Array.from({ length: 50 }, (_, i) => i),
      );
      assert.deepEqual([source.held.size, pool.damagedPages], [0, 4]);
      assert.equal(await made(pool), 50);
    });

    test('is never made further ahead of its client than some pieces; leaving ends it', TIMEOUT, async () => {
      const { pool, source } = stubPool(1);
      const answer = await stream(pool, '1000000');
      let taken = 0;
      for await (const piece of answer.rest!) {
        assert.equal(piece.length, 1);
        if (++taken === 10) break;
      }
      // The reader is free again once it has seen that nobody takes any more.
      assert.ok((await made(pool)) <= taken + PIECES_AHEAD + 1);
      assert.equal(source.held.size, 0);
    });

    test('that nobody takes ends with its client', TIMEOUT, async () => {
      const { pool, source } = stubPool(1);
      const client = new AbortController();
      await stream(pool, '1000000', client.signal);
      client.abort();
      await pool.run('echo', request(), never);
      assert.equal(source.held.size, 0);
    });

    test('whose client leaves in both ways ends once: the reader lives on', TIMEOUT, async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const { pool } = stubPool(1);
      const client = new AbortController();
      const answer = await stream(pool, '1000000', client.signal);
      for await (const _ of answer.rest!) {
        client.abort();
        break;
      }
      const before = await made(pool);
      assert.ok(before > 0);
      t.mock.timers.tick(60_000);
      assert.equal(await made(pool), before, 'another thread would have made none');
    });

    test('that fails half-way says so behind what it gave', TIMEOUT, async () => {
      const { pool } = stubPool(1);
      const answer = await stream(pool, 'none');
      const got: Uint8Array[] = [];
      await assert.rejects(
        async () => {
          for await (const piece of answer.rest!) got.push(piece);
        },
        { kind: 'execution', message: 'half of it' },
      );
      assert.equal(got.length, 1);
      await pool.run('echo', request(), never);
    });
  });

  test('closing refuses what runs, what waits and what comes', TIMEOUT, async () => {
    const { pool, source } = stubPool(1);
    const jobs = [pool.run('wait', request(), never), pool.run('echo', request(), never)];
    const settled = Promise.allSettled(jobs);
    await pool.close();
    for (const r of await settled) {
      assert.equal(r.status, 'rejected');
      assert.equal(r.reason.kind, 'overloaded');
    }
    await assert.rejects(pool.run('echo', request(), never), { kind: 'overloaded' });
    assert.equal(source.held.size, 0);
  });
});

describe('the real reader', () => {
  test(
    'queries what the head and the blocks hold; an unknown service fails its job only',
    TIMEOUT,
    async () => {
      reader = new URL('query/reader-entry.ts', ROOT);
      const dir = tempDir();
      const storage = await openEngine(dir);
      const pool = new ReaderPool({ path: path.join(dir, 'trilite.db'), readers: 2, source: storage });
      pools.push(pool);
      const T = 1_767_268_800_000;
      const append = async (s: string) => {
        const sample = { labels: { __name__: 'm', s }, timestampMs: T, value: 1 };
        await (await storage.metrics.append(metricBatch([sample]), { mode: 'atomic' })).durable;
      };
      const sum = async () => {
        const query = request(['query', 'count(m)'], ['time', String(T / 1000)]);
        const { status, data } = jsonOf(await pool.run('prometheus.query', query, never));
        assert.equal(status, 'success');
        return data.result[0].value[1];
      };
      await append('a');
      assert.equal(await sum(), '1');
      await storage.flush();
      await append('b');
      assert.equal(await sum(), '2');
      await assert.rejects(pool.run('prometheus.none', request(), never), { kind: 'internal' });
      await assert.rejects(pool.run('none', request(), never), { kind: 'internal' });
      const gone = new AbortController();
      const cancelled = pool.run('prometheus.query', request(['query', 'm']), gone.signal);
      gone.abort();
      // It was quicker than its client, or it noticed.
      await cancelled.catch((error) => assert.equal(error.kind, 'canceled'));
      assert.equal(await sum(), '2');
      await pool.close();
      await storage.close();
    },
  );
});
