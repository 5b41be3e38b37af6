/** How many jobs of rules are with the readers at a time, and what ends them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EvaluationRequest } from '../../src/rules/reader-services.ts';
import { RuleRunner } from '../../src/rules/rule-runner.ts';
import { ManualClock, settle } from '../scrape/manual-clock.ts';
import { ScriptedRunner } from './scripted-runner.ts';

function request(query: string): EvaluationRequest {
  return { language: 'logql', query, timeMs: 0, name: 'r', labels: {}, annotations: {} };
}

function setUp(concurrency: number) {
  const clock = new ManualClock(0);
  const runner = new ScriptedRunner();
  return { clock, runner, rules: new RuleRunner({ runner, clock, concurrency, timeoutMs: 1000 }) };
}

describe('jobs of rules', () => {
  it('are bounded, and follow each other in order', async () => {
    const { runner, rules } = setUp(2);
    const finish: (() => void)[] = [];
    for (const query of ['a', 'b', 'c', 'd']) {
      runner.answers.set(query, new Promise((resolve) => finish.push(() => resolve({ x: 1 }))));
    }
    const all = ['a', 'b', 'c', 'd'].map((query) => rules.evaluate('record', request(query)));
    await settle();
    assert.deepEqual(
      runner.asked.map((a) => a.query),
      ['a', 'b'],
    );
    finish[1]!();
    await settle();
    assert.deepEqual(
      runner.asked.map((a) => a.query),
      ['a', 'b', 'c'],
    );
    for (const end of finish) end();
    const results = await Promise.all(all);
    assert.deepEqual(
      results.map((r) => r.values.length),
      [1, 1, 1, 1],
    );
  });

  it('are broken off at their deadline, which begins when their turn comes', async () => {
    const { clock, runner, rules } = setUp(1);
    runner.answers.set('slow', new Promise(() => {}));
    const first = rules.evaluate('record', request('slow'));
    const second = rules.evaluate('record', request('slow'));
    const late = { kind: 'timeout', message: 'the rule took too long to evaluate' };
    const refused = Promise.all([assert.rejects(first, late), assert.rejects(second, late)]);
    await settle();
    await clock.advance(1000);
    assert.equal(runner.asked.length, 2);
    await clock.advance(1000);
    await refused;
  });

  it('end when the server stops, those that wait too', async () => {
    const { runner, rules } = setUp(1);
    runner.answers.set('slow', new Promise(() => {}));
    const both = ['slow', 'next'].map((query) => rules.evaluate('record', request(query)));
    await settle();
    rules.stop();
    for (const one of both) await assert.rejects(one, { kind: 'canceled' });
    assert.equal(runner.asked.length, 1);
  });
});
