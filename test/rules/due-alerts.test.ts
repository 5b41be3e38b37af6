/** When whoever is told of alerts is told of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inSlices } from '../../src/base/slices.ts';
import { Labels } from '../../src/model/labels.ts';
import { AlertStates } from '../../src/rules/alert-states.ts';
import { dueAlerts } from '../../src/rules/due-alerts.ts';
import { decodeResult, encodeResult } from '../../src/rules/rule-result.ts';

const MINUTE_MS = 60_000;
const INTERVAL_MS = 30_000;

/** A rule that is evaluated every half a minute; each step says whether the element is there. */
class Rule {
  readonly states = new AlertStates();
  readonly #times: { readonly forMs?: number; readonly keepFiringForMs?: number };
  timeMs = 0;

  constructor(times: { readonly forMs?: number; readonly keepFiringForMs?: number } = {}) {
    this.#times = times;
  }

  /** `[firedAt, endsAt]` of what is due. */
  async step(isThere: boolean, forMs = this.#times.forMs ?? 0): Promise<[number, number][]> {
    this.timeMs += INTERVAL_MS;
    const elements = isThere ? [{ labels: Labels.from({ a: 'b' }), value: 1 }] : [];
    const times = { forMs, keepFiringForMs: this.#times.keepFiringForMs ?? 0, limit: 0 };
    await inSlices(this.states.update(decodeResult(encodeResult(elements)!), this.timeMs, times));
    const due = await inSlices(dueAlerts(this.states, this.timeMs, MINUTE_MS, INTERVAL_MS));
    return due.map((alert) => [alert.firedAtMs, alert.endsAtMs]);
  }

  async steps(...areThere: readonly boolean[]): Promise<number[]> {
    const counts: number[] = [];
    for (const isThere of areThere) counts.push((await this.step(isThere)).length);
    return counts;
  }
}

describe('an alert is told of', () => {
  it('as it fires, and again when more than the resend delay has passed', async () => {
    const rule = new Rule();
    assert.deepEqual(await rule.step(true), [[30_000, 30_000 + 4 * MINUTE_MS]]);
    // After exactly the delay it is not due yet: the original compares strictly.
    assert.deepEqual(await rule.steps(true, true, true, true, true), [0, 0, 1, 0, 0]);
    assert.deepEqual(await rule.step(true), [[30_000, 210_000 + 4 * MINUTE_MS]]);
  });

  it('not while it is pending, nor when it never fired', async () => {
    const rule = new Rule({ forMs: 2 * MINUTE_MS });
    assert.deepEqual(await rule.steps(true, true, false, false), [0, 0, 0, 0]);
    assert.deepEqual(await rule.steps(true, true, true, true, true), [0, 0, 0, 0, 1]);
  });

  it('as it is resolved, and again for fifteen minutes', async () => {
    const rule = new Rule();
    await rule.step(true);
    assert.deepEqual(await rule.step(false), [[30_000, MINUTE_MS]]);
    let count = 0;
    for (let i = 0; i < 60; i++) {
      for (const alert of await rule.step(false)) {
        assert.deepEqual(alert, [30_000, MINUTE_MS]);
        count++;
      }
    }
    // Every third evaluation of the thirty that it is kept for.
    assert.equal(count, 10);
    assert.equal([...rule.states.all()].length, 0);
  });

  it('anew when it fires again after it was resolved', async () => {
    const rule = new Rule();
    assert.deepEqual(await rule.steps(true, false), [1, 1]);
    assert.deepEqual(await rule.step(true), [[90_000, 90_000 + 4 * MINUTE_MS]]);
  });

  it('as firing while it is kept firing', async () => {
    const rule = new Rule({ keepFiringForMs: MINUTE_MS });
    assert.deepEqual(await rule.steps(true, false, false), [1, 0, 0]);
    assert.deepEqual(await rule.step(false), [[30_000, 120_000]], 'resolved when the time is over');
  });

  it('at once when a longer `for` made it wait and it fires again', async () => {
    const rule = new Rule();
    await rule.step(true);
    assert.deepEqual(await rule.step(true, MINUTE_MS), []);
    assert.equal((await rule.step(true, MINUTE_MS)).length, 1);
  });

  it('by the delay of the definition before, where a definition takes its place', async () => {
    const rule = new Rule();
    await rule.step(true);
    const next = new Rule();
    next.timeMs = rule.timeMs;
    next.states.adopt(rule.states);
    assert.deepEqual(await next.steps(true, true, true), [0, 0, 1]);
  });

  it('for as long as its group takes, where that is more than the resend delay', async () => {
    const rule = new Rule();
    await rule.step(true);
    rule.timeMs += 10 * MINUTE_MS;
    const [due] = await inSlices(dueAlerts(rule.states, rule.timeMs, MINUTE_MS, 10 * MINUTE_MS));
    assert.equal(due!.endsAtMs, rule.timeMs + 40 * MINUTE_MS);
  });
});
