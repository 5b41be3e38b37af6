/**
 * Random stories, told to the Alertmanager and to a model of it: the same people are told of the same at the same times.
 * `TRILITE_TEST_DISPATCH_RUNS=NUMBER` has it tell so many.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Labels } from '../../src/model/labels.ts';
import { configText, REST_S, type Step, type Story, story } from './dispatch-cases.ts';
import { DispatchModel, toldLine, toldText } from './dispatch-model.ts';
import { START_MS } from './memory-silences.ts';
import { refusal, Scene } from './policies.ts';
import type { LabelSet } from './route-model.ts';

const RUNS = Number(process.env.TRILITE_TEST_DISPATCH_RUNS ?? 100);

/** Both, side by side. */
class Stage {
  readonly #configs: Story['configs'];
  readonly #model: DispatchModel;
  readonly #scene: Scene;
  readonly #told: string[] = [];
  readonly #failures: { readonly way: string; readonly toMs: number; readonly isForGood: boolean }[] = [];
  /** Since when an alert fires, as who sends it knows. */
  readonly #firingSince = new Map<string, number>();

  constructor({ configs }: Story) {
    this.#configs = configs;
    this.#model = new DispatchModel(configs[0]!);
    const scene = new Scene(configText(configs[0]!));
    this.#scene = scene;
    scene.onNotify = ({ receiver }, index) => {
      const failing = this.#failures.filter(
        ({ way, toMs }) => way === `${receiver}[${index}]` && this.#nowMs < toMs,
      );
      if (failing.length > 0) throw refusal(!failing.some(({ isForGood }) => isForGood));
    };
    scene.onTold = ({ receiver, groupKey, reason, alerts }, index) => {
      const texts = alerts.map(({ labels, annotations, status }) =>
        toldText(labels.toObject(), annotations[1] ?? '', status === 'resolved'),
      );
      this.#told.push(toldLine(this.#nowMs, `${receiver}[${index}]`, groupKey, reason, texts));
    };
  }

  get #nowMs(): number {
    return this.#scene.clock.now() - START_MS;
  }

  async play(steps: Story['steps']): Promise<void> {
    await this.#scene.open();
    try {
      for (const [afterS, step] of steps) {
        await this.#pass(afterS);
        await this.#do(step);
      }
      await this.#pass(REST_S);
      assert.deepEqual(this.#told.sort(), this.#model.told.sort());
      assert.deepEqual(this.#scene.problems, []);
    } finally {
      await this.#scene.am.stop(AbortSignal.abort());
    }
  }

  async #pass(s: number): Promise<void> {
    await this.#scene.seconds(s);
    this.#model.advance(s * 1000);
  }

  async #do(step: Step): Promise<void> {
    const nowMs = this.#nowMs;
    switch (step.kind) {
      case 'fire':
        return this.#send(
          step.alert,
          step.note,
          step.forS === undefined ? undefined : nowMs + step.forS * 1000,
        );
      case 'end':
        return this.#send(step.alert, '', nowMs);
      case 'silence': {
        const texts = step.matchers.map(([name, type, [value]]) => ({ name, type, value: value! }));
        const times = { startsAtMs: undefined, endsAtMs: START_MS + nowMs + step.forS * 1000 };
        const rest = { id: '', createdBy: 'me', comment: 'why', annotations: [] };
        await this.#scene.alerts.silences.set({ ...rest, ...times, matchers: texts });
        this.#model.silence(step.matchers, step.forS * 1000);
        return;
      }
      case 'fail':
        this.#failures.push({
          ...{
            way: `${step.receiver}[${step.way}]`,
            toMs: nowMs + step.forS * 1000,
            isForGood: step.isForGood,
          },
        });
        this.#model.fail(step.receiver, step.way, step.forS * 1000, step.isForGood);
        return;
      case 'restart':
        if (step.isKilled) await this.#scene.kill(step.afterS);
        else await this.#scene.restart(step.afterS);
        this.#model.restart(step.isKilled, step.afterS * 1000);
        return;
      case 'reload':
        this.#model.reload(this.#configs[step.config]!);
        await this.#scene.reload(configText(this.#configs[step.config]!));
        return;
    }
  }

  async #send(alert: LabelSet, note: string, endsMs: number | undefined): Promise<void> {
    const nowMs = this.#nowMs;
    const labels = Labels.from(alert);
    const startsMs = this.#firingSince.get(labels.key()) ?? nowMs;
    if (endsMs === nowMs) this.#firingSince.delete(labels.key());
    else this.#firingSince.set(labels.key(), startsMs);
    const posted = {
      ...{ labels, annotations: note === '' ? [] : ['note', note], generatorUrl: '' },
      ...{ startsAtMs: START_MS + startsMs, endsAtMs: endsMs === undefined ? undefined : START_MS + endsMs },
    };
    await this.#scene.alerts.receive([posted], this.#scene.clock.now());
    this.#model.receive(alert, note, startsMs, endsMs);
  }
}

describe('the dispatcher', () => {
  it('tells whom the model of it tells, when the model does', async () => {
    const plays = fc.asyncProperty(story, (one) => new Stage(one).play(one.steps));
    await fc.assert(plays, { numRuns: RUNS, endOnFailure: process.env.TRILITE_TEST_SHRINK !== '1' });
  });
});
