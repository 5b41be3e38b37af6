/** Bytes of answers that wait for their clients are bounded: the one on its way longest is broken off first. */

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { BodyBudget } from '../../src/api/body-budget.ts';
import { watchProgress } from '../../src/api/body-progress.ts';
import { UnsentAnswers } from '../../src/api/unsent-answers.ts';
import { eventually } from '../support/poll.ts';

const MIB = 1024 ** 2;

class FakeResponse extends EventEmitter {
  destroyed = false;
  readonly socket = { setTimeout: () => {} };

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('answers that wait', () => {
  it('are broken off in their order when they are too many bytes', () => {
    const unsent = new UnsentAnswers(0);
    const responses = Array.from({ length: 4 }, () => new FakeResponse());
    for (const response of responses) unsent.add(response as unknown as ServerResponse, 10 * MIB);
    assert.deepEqual(
      responses.map((r) => r.destroyed),
      [true, false, false, false],
    );
    assert.equal(unsent.bytes, 30 * MIB);
    responses[1]!.emit('finish');
    responses[1]!.emit('close');
    assert.equal(unsent.bytes, 20 * MIB, 'sent counts once');
  });

  it('may be one of any size', () => {
    const unsent = new UnsentAnswers(0);
    const response = new FakeResponse();
    unsent.add(response as unknown as ServerResponse, 500 * MIB);
    assert.equal(response.destroyed, false);
  });
});

describe('bodies of queries', () => {
  it('are counted while they are read, all together', () => {
    const budget = new BodyBudget(0);
    const one = budget.begin();
    const other = budget.begin();
    one.grow(10 * MIB);
    one.grow(20 * MIB);
    assert.throws(() => other.grow(5 * MIB), { kind: 'overloaded' });
    other.grow(4 * MIB);
    one.release();
    other.grow(20 * MIB);
    other.release();
    assert.equal(budget.bytes, 0);
  });
});

describe('a body', () => {
  it('that trickles is noticed, one that comes on is not', async () => {
    const slow = new PassThrough();
    const good = new PassThrough();
    let slowStalls = 0;
    let goodStalls = 0;
    watchProgress(slow, () => slowStalls++, 50);
    const stop = watchProgress(good, () => goodStalls++, 50);
    const feed = setInterval(() => {
      slow.write('x');
      good.write(Buffer.alloc(8192));
    }, 5);
    await eventually(async () => assert.equal(slowStalls, 1));
    clearInterval(feed);
    stop();
    assert.equal(goodStalls, 0);
  });
});
