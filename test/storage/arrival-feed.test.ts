/** Listeners are told of what came, once for all of a turn, and of nothing once they have left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ArrivalFeed } from '../../src/storage/arrival-feed.ts';

const noProblem = (what: string) => assert.fail(what);

test('what comes within a turn is told once, with all of its signals', async () => {
  const feed = new ArrivalFeed(noProblem);
  const told: string[][] = [];
  feed.follow((signals) => told.push([...signals]));
  feed.note('logs');
  feed.note('traces');
  feed.note('logs');
  assert.deepEqual(told, []);
  await turn();
  assert.deepEqual(told, [['logs', 'traces']]);
  feed.note('metrics');
  await turn();
  assert.deepEqual(told, [['logs', 'traces'], ['metrics']]);
});

test('a listener that has left is not told, and one that fails does not keep others from being told', async () => {
  const problems: string[] = [];
  const feed = new ArrivalFeed((what) => problems.push(what));
  const told: string[] = [];
  const leave = feed.follow(() => told.push('left'));
  feed.follow(() => {
    throw new Error('broken');
  });
  feed.follow(() => told.push('stays'));
  feed.note('logs');
  leave();
  await turn();
  assert.deepEqual(told, ['stays']);
  assert.deepEqual(problems, ['telling of what arrived failed']);
});
