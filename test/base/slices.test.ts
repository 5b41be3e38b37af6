/** Long work lets others have their turn. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { turnGiver } from '../../src/base/slices.ts';

it('pieces that are all there let others have their turn in between', async () => {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const giveTurn = turnGiver();
  const end = performance.now() + 60;
  // Without a turn given, promises that are resolved go on and on.
  while (performance.now() < end) await giveTurn();
  isOver = true;
  assert.ok(turns >= 2, `${turns} turns`);
});
