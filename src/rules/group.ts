/**
 * A rule group at work. It is evaluated at moments that are its own: in equal steps, at a place in the step that follows
 * from its name, so that groups do not all run at once and a restart changes nothing. Its rules run one after another,
 * all at the same moment, each seeing what those before it wrote.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { hash64, hashBytes } from '../base/hash.ts';
import type { Logger } from '../base/log.ts';
import { restoreAlerts } from './restore.ts';
import { Rule, type RuleParts } from './rule.ts';
import { type CheckedGroup, type GroupId, groupKey } from './rule-group.ts';
import { markStale } from './rule-series.ts';
import type { RuleTelemetry } from './rule-telemetry.ts';

export interface GroupParts extends RuleParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: RuleTelemetry;
  /** Where a group says nothing. */
  readonly defaultIntervalMs: number;
  readonly defaultQueryOffsetMs: number;
}

export class Group {
  readonly id: GroupId;
  readonly checked: CheckedGroup;
  readonly rules: readonly Rule[];
  readonly intervalMs: number;
  readonly #queryOffsetMs: number;
  readonly #parts: GroupParts;
  /** Series of rules that the definition before this one had; they end with the next evaluation. */
  #orphans: Uint8Array[] = [];
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Evaluations before what an earlier process knew is looked for: queries may need what the first of them writes. */
  #untilRestored = 0;

  iterations = 0;
  missed = 0;
  evaluations = 0;
  failures = 0;
  lastSamples = 0;
  evaluationSeconds = 0;
  /** Undefined before the first evaluation. */
  lastEvaluationMs: number | undefined;

  constructor(id: GroupId, checked: CheckedGroup, parts: GroupParts) {
    const { definition, queries } = checked;
    this.id = id;
    this.checked = checked;
    this.rules = definition.rules.map(
      (rule, i) => new Rule(id.language, definition, rule, queries[i]!, parts),
    );
    this.intervalMs = definition.intervalMs || parts.defaultIntervalMs;
    this.#queryOffsetMs = definition.queryOffsetMs ?? parts.defaultQueryOffsetMs;
    this.#parts = parts;
  }

  /** Takes over what is known of the rules that both have. `before` has been stopped. */
  adopt(before: Group): void {
    const left = [...before.rules];
    for (const rule of this.rules) {
      const at = left.findIndex((r) => r.identity === rule.identity);
      if (at < 0) continue;
      const [old] = left.splice(at, 1);
      rule.series.keys = old!.series.keys;
      if (old!.alerts) rule.alerts?.adopt(old!.alerts);
    }
    this.#orphans = [...before.#orphans, ...left.flatMap((rule) => rule.series.all())];
    this.evaluationSeconds = before.evaluationSeconds;
    this.lastEvaluationMs = before.lastEvaluationMs;
  }

  /** Begins at the group's next moment. `restore`: alerts go on from what an earlier process left. */
  start(restore: boolean): void {
    if (restore) {
      this.#untilRestored = 2;
      for (const rule of this.rules) rule.isRestored = false;
    }
    const interval = this.intervalMs;
    const offset = placeOf(this.id, interval);
    const now = this.#parts.clock.now();
    const last = Math.floor((now - offset) / interval) * interval + offset;
    this.#schedule(last);
  }

  #schedule(lastMs: number): void {
    const { clock } = this.#parts;
    const delay = Math.max(0, lastMs + this.intervalMs - clock.now());
    this.#timer = clock.after(delay, () => {
      // Moments that have passed meanwhile are left out, but for the newest.
      const due = Math.max(1, Math.floor((clock.now() - lastMs) / this.intervalMs));
      this.missed += due - 1;
      this.iterations += due;
      this.#running = this.#iterate(lastMs + due * this.intervalMs);
    });
  }

  async #iterate(timeMs: number): Promise<void> {
    await this.evaluate(timeMs);
    if (this.#untilRestored > 0 && --this.#untilRestored === 0) await this.#restore();
    if (!this.#stopped) this.#schedule(timeMs);
  }

  /** Evaluates all rules at the moment. Never rejects. */
  async evaluate(timeMs: number): Promise<void> {
    const { clock, telemetry } = this.#parts;
    const began = clock.elapsed();
    this.lastEvaluationMs = clock.now();
    const { intervalMs } = this;
    const at = { timeMs, queryMs: timeMs - this.#queryOffsetMs, intervalMs };
    let samples = 0;
    for (const rule of this.rules) {
      if (this.#stopped) return;
      const ruleBegan = clock.elapsed();
      const startedMs = clock.now();
      const errorBefore = rule.lastError;
      const outcome = await rule.evaluate(at);
      rule.lastEvaluationMs = startedMs;
      rule.evaluationSeconds = (clock.elapsed() - ruleBegan) / 1000;
      if (this.#stopped) return;
      samples += outcome.samples;
      this.evaluations++;
      if (outcome.error) this.failures++;
      telemetry.evaluated(rule.evaluationSeconds);
      this.#tell(rule, errorBefore);
    }
    this.lastSamples = samples;
    await this.#endOrphans(at.queryMs);
    this.evaluationSeconds = (clock.elapsed() - began) / 1000;
  }

  /** A rule that fails is told of when it begins to, when it fails otherwise, and when it is well again. */
  #tell(rule: Rule, errorBefore: string): void {
    if (rule.lastError === errorBefore) return;
    const { namespace, name } = this.id;
    const fields = { namespace, group: name, rule: rule.name };
    if (rule.lastError === '') this.#parts.log.info('rule evaluates again', fields);
    else this.#parts.log.warn('rule fails', { ...fields, error: rule.lastError });
  }

  async #endOrphans(timeMs: number): Promise<void> {
    const keys = this.#orphans.filter((key) => !this.writes(key));
    try {
      await markStale(this.#parts.appender, keys, timeMs);
      this.#orphans = [];
    } catch {
      // Tried again after the next evaluation.
    }
  }

  async #restore(): Promise<void> {
    const { clock, log, runner } = this.#parts;
    for (const rule of this.rules) {
      if (this.#stopped) return;
      try {
        await restoreAlerts(rule, runner, clock.now());
      } catch (error) {
        log.warn('the state of alerts before the restart was not found', { rule: rule.name, error });
      }
    }
  }

  /** Whether a rule wrote the series when it was evaluated last. */
  writes(key: Uint8Array): boolean {
    return this.rules.some((rule) => rule.series.has(key));
  }

  /** Everything that was written at the last evaluation, or is still to end. */
  allSeries(): Uint8Array[] {
    return [...this.#orphans, ...this.rules.flatMap((rule) => rule.series.all())];
  }

  /** Ends the schedule; resolves when no rule runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }
}

/** Where in its interval a group is evaluated. */
function placeOf(id: GroupId, intervalMs: number): number {
  const bytes = utf8Encode(groupKey(id));
  hashBytes(bytes, 0, bytes.length);
  return Math.floor((hash64.low / 2 ** 32) * intervalMs);
}
