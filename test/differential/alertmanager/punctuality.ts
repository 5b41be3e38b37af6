/**
 * What of a real Alertmanager's notifications can be compared: a machine that is busy makes it late, and then a look sees what came after
 * it should have been. The rule: all is compared up to the slot before the first one in which
 *
 * - a notification came that is not on time, between the looks of its slot and the end of that; or
 * - the alerts were not all there well before the looks, or the real one did not answer at the beginning.
 *
 * What comes after depends on how late the real one is, and a group that is late stays so.
 */

import { LOOK_MS, SLOT_MS, SLOTS } from './scenario.ts';

/** In a slot, from when to when a notification is on time: clocks of two processes differ by a little, and it takes a while to come. */
const EARLIEST_MS = LOOK_MS - 20;
const LATEST_MS = SLOT_MS - 50;
/** Until when alerts have to be there: groups are told of them a moment after they are answered. */
const THERE_MS = LOOK_MS - 100;

/** When everybody should have been told for long: a last look that is late is seen to be. */
export const END_MS = SLOTS * SLOT_MS + EARLIEST_MS - 30;

/** Of something that came so long after the start. */
export function slotOf(atMs: number): number {
  return Math.floor(atMs / SLOT_MS);
}

/** How many slots are compared. `answeredMs` says of each slot when its alerts were taken, `toldMs` when notifications came. */
export function slotsOnTime(answeredMs: readonly number[], toldMs: readonly number[]): number {
  // One that comes before the looks of its slot is of the slot before; an answer is waited for when a look has been held up, too.
  const late = toldMs.filter((atMs) => !isOnTime(atMs)).map((atMs) => slotOf(atMs) - 1);
  const unanswered = answeredMs.findIndex((atMs, slot) => atMs - slot * SLOT_MS > THERE_MS);
  if (unanswered >= 0) late.push(unanswered - 1);
  return Math.max(0, Math.min(SLOTS, ...late));
}

function isOnTime(atMs: number): boolean {
  const inSlotMs = atMs % SLOT_MS;
  return inSlotMs >= EARLIEST_MS && inSlotMs <= LATEST_MS;
}
