/** States of alerts from one evaluation to the next. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Labels } from '../../src/model/labels.ts';
import { AlertStates, type AlertTimes, annotationsOf } from '../../src/rules/alert-states.ts';
import { decodeResult, encodeResult, labelsAt, type RuleResult } from '../../src/rules/rule-result.ts';
import type { SeriesResult } from '../../src/rules/rule-series.ts';

const MINUTE_MS = 60_000;
const NO_LIMIT = { forMs: 0, keepFiringForMs: 0, limit: 0 };

function result(elements: Readonly<Record<string, number>>, note = 'n'): RuleResult {
  const encoded = encodeResult(
    Object.entries(elements).map(([name, value]) => ({
      labels: Labels.from({ alertname: 'A', name }),
      annotations: Labels.from({ note }),
      value,
    })),
  );
  assert.ok(encoded);
  return decodeResult(encoded);
}

function update(states: AlertStates, result: RuleResult, timeMs: number, times: AlertTimes): SeriesResult {
  const work = states.update(result, timeMs, times);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function shown(states: AlertStates): Record<string, string> {
  return Object.fromEntries([...states.all()].map((a) => [a.labels.get('name'), a.state]));
}

function written({ keys, values }: SeriesResult): string[] {
  return Array.from(values, (value, i) => {
    const labels = labelsAt(keys, i);
    return `${labels.get('__name__')} ${labels.get('name')} ${labels.get('alertstate')} ${value}`;
  });
}

describe('alerts of a rule', () => {
  it('fire at once without `for`', () => {
    const states = new AlertStates();
    const samples = update(states, result({ x: 1 }), 5_500, NO_LIMIT);
    assert.deepEqual(shown(states), { x: 'firing' });
    assert.deepEqual(written(samples), ['ALERTS_FOR_STATE x  5', 'ALERTS x firing 1']);
  });

  it('wait for `for`, and are forgotten where the element goes before', () => {
    const states = new AlertStates();
    const times = { ...NO_LIMIT, forMs: 2 * MINUTE_MS };
    update(states, result({ x: 1, y: 1 }), 0, times);
    assert.deepEqual(shown(states), { x: 'pending', y: 'pending' });
    update(states, result({ x: 2 }), MINUTE_MS, times);
    assert.deepEqual(shown(states), { x: 'pending' });
    update(states, result({ x: 3 }), 2 * MINUTE_MS, times);
    assert.deepEqual(shown(states), { x: 'firing' });
    const [alert] = states.all();
    assert.equal(alert!.activeAtMs, 0);
    assert.equal(alert!.firedAtMs, 2 * MINUTE_MS);
    assert.equal(alert!.value, 3);
  });

  it('bring annotations up to date', () => {
    const states = new AlertStates();
    update(states, result({ x: 1 }, 'first'), 0, NO_LIMIT);
    update(states, result({ x: 1 }, 'second'), 1, NO_LIMIT);
    assert.deepEqual(
      [...states.all()].map((a) => annotationsOf(a).toObject()),
      [{ note: 'second' }],
    );
  });

  it('are resolved when the element goes, kept for a quarter of an hour, and begin anew if it comes back', () => {
    const states = new AlertStates();
    update(states, result({ x: 1 }), 0, NO_LIMIT);
    const samples = update(states, result({}), MINUTE_MS, NO_LIMIT);
    assert.deepEqual(shown(states), { x: 'inactive' });
    assert.deepEqual(written(samples), []);
    update(states, result({ x: 1 }), 2 * MINUTE_MS, NO_LIMIT);
    assert.deepEqual(
      [...states.all()].map((a) => [a.state, a.activeAtMs, a.resolvedAtMs]),
      [['firing', 2 * MINUTE_MS, undefined]],
    );
    update(states, result({}), 3 * MINUTE_MS, NO_LIMIT);
    update(states, result({}), 18 * MINUTE_MS, NO_LIMIT);
    assert.deepEqual(shown(states), { x: 'inactive' });
    update(states, result({}), 18 * MINUTE_MS + 1, NO_LIMIT);
    assert.deepEqual(shown(states), {});
  });

  it('keep firing for `keep_firing_for`, counted anew each time the element comes back', () => {
    const states = new AlertStates();
    const times = { ...NO_LIMIT, keepFiringForMs: 2 * MINUTE_MS };
    update(states, result({ x: 1 }), 0, times);
    update(states, result({}), MINUTE_MS, times);
    assert.deepEqual(shown(states), { x: 'firing' });
    assert.equal([...states.all()][0]!.keepFiringSinceMs, MINUTE_MS);
    update(states, result({ x: 1 }), 2 * MINUTE_MS, times);
    assert.equal([...states.all()][0]!.keepFiringSinceMs, undefined);
    update(states, result({}), 3 * MINUTE_MS, times);
    update(states, result({}), 4 * MINUTE_MS, times);
    assert.deepEqual(shown(states), { x: 'firing' });
    update(states, result({}), 5 * MINUTE_MS, times);
    assert.deepEqual(shown(states), { x: 'inactive' });
  });

  it('wait again where `for` has become longer', () => {
    const states = new AlertStates();
    update(states, result({ x: 1 }), 0, NO_LIMIT);
    const after = new AlertStates();
    after.adopt(states);
    update(after, result({ x: 1 }), MINUTE_MS, { ...NO_LIMIT, forMs: 5 * MINUTE_MS });
    assert.deepEqual(shown(after), { x: 'pending' });
  });

  it('are refused as a whole above the limit, which counts active ones', () => {
    const states = new AlertStates();
    const times = { ...NO_LIMIT, limit: 2 };
    update(states, result({ x: 1, y: 1 }), 0, times);
    update(states, result({ x: 1, z: 1 }), 1, times);
    assert.deepEqual(shown(states), { x: 'firing', y: 'inactive', z: 'firing' });
    const what = () => update(states, result({ x: 1, y: 1, z: 1 }), 2, times);
    assert.throws(what, { message: 'exceeded limit of 2 with 3 alerts' });
    assert.deepEqual(shown(states), {});
  });
});

it('a label that came out empty has the text of the rule in the series', () => {
  const states = new AlertStates({ gone: '{{ $labels.none }}', name: '{{ $labels.name }}' });
  const { keys } = update(states, result({ a: 1 }), 0, NO_LIMIT);
  const gone = [0, 1].map((i) => labelsAt(keys, i).get('gone'));
  assert.deepEqual(gone, ['{{ $labels.none }}', '{{ $labels.none }}']);
  assert.equal(labelsAt(keys, 0).get('name'), 'a');
});
