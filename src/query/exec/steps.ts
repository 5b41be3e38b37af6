/** The grid of a query: start, start+step, … ≤ end. All of evaluation takes its times from here. */

import { assert } from '../../base/assert.ts';
import type { Steps } from './operator.ts';

/** `stepMs` may be 0 where start and end are equal (an instant query). */
export function makeSteps(startMs: number, endMs: number, stepMs: number): Steps {
  assert(endMs >= startMs, 'steps end before they start');
  assert(stepMs > 0 || startMs === endMs, 'a range of steps without a width');
  const count = stepMs > 0 ? Math.floor((endMs - startMs) / stepMs) + 1 : 1;
  return { startMs, stepMs, count };
}

export function singleStep(timeMs: number): Steps {
  return { startMs: timeMs, stepMs: 0, count: 1 };
}

/** Time of step `i`, in ms. */
export function stepTime(steps: Steps, i: number): number {
  return steps.startMs + i * steps.stepMs;
}

export function lastStepTime(steps: Steps): number {
  return stepTime(steps, steps.count - 1);
}

/**
 * The grid of a subquery: multiples of `stepMs` since the epoch in the left-open window of every outer step,
 * `(first − range, last]`. Undefined where no multiple is in it.
 */
export function subquerySteps(
  outer: Steps,
  offsetMs: number,
  rangeMs: number,
  stepMs: number,
): Steps | undefined {
  const after = outer.startMs - offsetMs - rangeMs;
  const startMs = (Math.floor(after / stepMs) + 1) * stepMs;
  const endMs = lastStepTime(outer) - offsetMs;
  return startMs > endMs ? undefined : makeSteps(startMs, endMs, stepMs);
}
