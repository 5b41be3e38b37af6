/** How a tail ends that its client does not end. The reader's part is played by the test. */

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { TailUpgrade } from '../../../src/api/loki/tail-upgrade.ts';
import { utf8Encode } from '../../../src/base/bytes.ts';
import { SILENT } from '../../../src/base/log.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { TailHub } from '../../../src/query/logs/live/tail-hub.ts';
import type { ServiceAnswer } from '../../../src/query/service.ts';
import type { LogListener } from '../../../src/storage/interface.ts';
import { logBatch } from '../../storage/batches.ts';
import { eventually } from '../../support/poll.ts';
import { openTail } from '../../support/tail-client.ts';

const OPTIONS = {
  query: { text: '{app="a"}', contains: '', categorize: false },
  delayMs: 0,
  legacy: false,
  flags: [],
};
const PLAN = { options: OPTIONS, matchers: [{ type: '=', name: 'app', value: 'a' }] };

function json(value: unknown): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(JSON.stringify(value)) };
}

const listeners = new Set<LogListener>();
const hub = new TailHub({
  follow: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
});
let answerBacklog: (signal: AbortSignal) => Promise<ServiceAnswer> = async () => json([]);
const parts = {
  hub,
  runner: {
    run: async (service: string, _request: unknown, signal: AbortSignal) =>
      service === 'loki.tail' ? json(PLAN) : answerBacklog(signal),
  },
  queryTimeoutMs: 300,
  log: SILENT,
  now: Date.now,
};

const servers: Server[] = [];
async function serve(upgrade: TailUpgrade): Promise<string> {
  const server = createServer().on('upgrade', (...args) => upgrade.upgrade(...args));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function append(line: string): void {
  const batch = logBatch([{ stream: { app: 'a' }, timeMs: Date.now(), timeNs: 0, line, metadata: [] }]);
  for (const listener of listeners) listener(batch, [1]);
}

describe('a tail', () => {
  let base: string;
  before(async () => {
    base = await serve(new TailUpgrade(parts));
  });
  after(() => {
    for (const server of servers) server.close();
  });

  test('ends when it has lasted as long as it may', async () => {
    const tail = await openTail(await serve(new TailUpgrade({ ...parts, tailMaxMs: 200 })), {});
    const { code, reason } = await tail.closed;
    assert.deepEqual([code, reason], [1011, 'reached tail max duration limit']);
    assert.equal(hub.size, 0);
  });

  test('ends with the reason when its backlog cannot be read', async () => {
    answerBacklog = async () => {
      throw new TriliteError('overloaded', `too much ${'é'.repeat(100)}`);
    };
    const { code, reason } = await (await openTail(base, {})).closed;
    // As much of it as a close frame takes.
    assert.deepEqual([code, reason], [1011, `too much ${'é'.repeat(57)}`]);
    answerBacklog = async () => ({ ...json(''), status: 503, body: utf8Encode('later') });
    assert.equal((await (await openTail(base, {})).closed).reason, 'later');
    answerBacklog = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new TriliteError('timeout', 'the time is over')));
      });
    assert.equal((await (await openTail(base, {})).closed).reason, 'the time is over');
    answerBacklog = async () => json([]);
  });

  test('tells its backlog’s reader that the client has gone', async () => {
    let stopped = false;
    answerBacklog = (signal) =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          stopped = true;
        });
      });
    const slow = new TailUpgrade({ ...parts, queryTimeoutMs: 0 });
    const tail = await openTail(await serve(slow), {});
    tail.close();
    await eventually(async () => assert.ok(stopped));
    answerBacklog = async () => json([]);
  });

  test('shares the thread and the feed with others, and the last one ends both', async () => {
    const [first, second] = [await openTail(base, {}), await openTail(base, {})];
    assert.equal(listeners.size, 1);
    append('for both');
    await Promise.all([first.hasLines(1), second.hasLines(1)]);
    first.close();
    await eventually(async () => assert.equal(hub.size, 1));
    append('for one');
    await second.hasLines(2);
    second.close();
    await eventually(async () => assert.equal(listeners.size, 0));
    const third = await openTail(base, {});
    append('for a new one');
    await third.hasLines(1);
    assert.deepEqual(third.lines(), ['for a new one']);
    third.close();
  });

  test('is broken off, with what was sent, when the server stops; another one is not begun', async () => {
    const stopping = new TailUpgrade(parts);
    const at = await serve(stopping);
    const tail = await openTail(at, {});
    append('the last');
    await tail.hasLines(1);
    stopping.close();
    assert.equal((await tail.closed).code, 1006);
    await assert.rejects(openTail(at, {}));
    await eventually(async () => assert.equal(hub.size, 0));
  });
});
