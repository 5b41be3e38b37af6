/**
 * A rule group at work. It is evaluated at moments that are its own: in equal steps, at a place in the step that follows
 * from its name, so that groups do not all run at once and a restart changes nothing. Its rules run one after another,
 * all at the same moment, each seeing what those before it wrote.
 */

import { ByteWriter, utf8Encode } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { hash64, hashBytes } from '../base/hash.ts';
import type { Logger } from '../base/log.ts';
import { xxhash64 } from '../base/xxhash.ts';
import type { Refusal, RefusalReason } from '../storage/interface.ts';
import { EVALUATIONS_UNTIL_RESTORED, restoreAlerts } from './restore.ts';
import { Rule, type RuleParts } from './rule.ts';
import { type CheckedGroup, type GroupId, groupKey } from './rule-group.ts';
import { markStale } from './rule-series.ts';
import type { RuleTelemetry } from './rule-telemetry.ts';

export interface GroupParts extends RuleParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly telemetry: RuleTelemetry;
}

/** What the original says of results that storage would not take. */
const REFUSED: Readonly<Partial<Record<RefusalReason, string>>> = {
  out_of_order: 'Error on ingesting out-of-order result from rule evaluation',
  too_old: 'Error on ingesting too old result from rule evaluation',
  duplicate_timestamp:
    'Error on ingesting results from rule evaluation with different value but same timestamp',
};

const NS_PER_MS = 1_000_000n;

export class Group {
  readonly id: GroupId;
  readonly checked: CheckedGroup;
  readonly rules: readonly Rule[];
  readonly intervalMs: number;
  readonly #parts: GroupParts;
  /** Series of rules that the definition before this one had; they end with the next evaluation. */
  #orphans: Uint8Array[] = [];
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Evaluations before what an earlier process knew is looked for. */
  #untilRestored = 0;

  iterations = 0;
  missed = 0;
  evaluations = 0;
  failures = 0;
  lastSamples = 0;
  evaluationSeconds = 0;
  /** How long it took to find what an earlier process knew; undefined where nobody looked. */
  restoreSeconds: number | undefined;
  /** Undefined before the first evaluation. */
  lastEvaluationMs: number | undefined;

  constructor(id: GroupId, checked: CheckedGroup, parts: GroupParts) {
    const { definition, queries } = checked;
    this.id = id;
    this.checked = checked;
    this.rules = definition.rules.map(
      (rule, i) => new Rule(id.language, definition, rule, queries[i]!, parts),
    );
    this.intervalMs = definition.intervalMs || parts.settings().intervalMs;
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
      this.#untilRestored = EVALUATIONS_UNTIL_RESTORED;
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
      // Time was set back: moments are counted from where it is now.
      if (clock.now() < lastMs) {
        this.start(false);
        return;
      }
      // Moments that have passed meanwhile are left out, but for the newest.
      const due = Math.max(1, Math.floor((clock.now() - lastMs) / this.intervalMs));
      this.missed += due - 1;
      this.iterations += due;
      this.#running = this.#iterate(lastMs + due * this.intervalMs);
      clock.during?.(this.#running);
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
    const startedMs = clock.now();
    const { queryOffsetMs = this.#parts.settings().queryOffsetMs } = this.checked.definition;
    const at = { timeMs, queryMs: timeMs - queryOffsetMs, intervalMs: this.intervalMs };
    let samples = 0;
    for (const rule of this.rules) {
      if (this.#stopped) return;
      const ruleBegan = clock.elapsed();
      const ruleStartedMs = clock.now();
      const errorBefore = rule.lastError;
      const outcome = await rule.evaluate(at);
      rule.lastEvaluationMs = ruleStartedMs;
      rule.evaluationSeconds = (clock.elapsed() - ruleBegan) / 1000;
      if (this.#stopped) return;
      samples += outcome.samples;
      this.evaluations++;
      if (outcome.error) this.failures++;
      telemetry.evaluated(rule.evaluationSeconds);
      this.#tell(rule, errorBefore);
      this.#tellRefused(rule, outcome.refused);
    }
    this.lastSamples = samples;
    await this.#endOrphans(at.queryMs);
    this.evaluationSeconds = (clock.elapsed() - began) / 1000;
    this.lastEvaluationMs = startedMs;
    telemetry.groupEvaluated(this.evaluationSeconds);
  }

  #tellRefused(rule: Rule, refused: readonly Refusal[]): void {
    for (const reason of new Set(refused.map((r) => r.reason))) {
      const fields = { file: this.id.namespace, group: this.id.name, name: rule.name };
      const num_dropped = refused.filter((r) => r.reason === reason).length;
      this.#parts.log.warn(REFUSED[reason] ?? 'Rule evaluation result discarded', { ...fields, num_dropped });
    }
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
    const { clock, log, runner, settings } = this.#parts;
    const began = clock.elapsed();
    const nowMs = clock.now();
    for (const rule of this.rules) {
      if (this.#stopped) return;
      try {
        await restoreAlerts(rule, runner, settings().alerts, nowMs);
      } catch (error) {
        log.warn('the state of alerts before the restart was not found', { rule: rule.name, error });
      }
    }
    this.restoreSeconds = (clock.elapsed() - began) / 1000;
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

/** Where in its interval a group is evaluated, in whole milliseconds. */
function placeOf(id: GroupId, intervalMs: number): number {
  if (id.language === 'promql') return placeAsPrometheus(id, intervalMs);
  const bytes = utf8Encode(groupKey(id));
  hashBytes(bytes, 0, bytes.length);
  return Math.floor((hash64.low / 2 ** 32) * intervalMs);
}

/** The same moments as a Prometheus with the same file has: what both record is of one time. */
function placeAsPrometheus({ namespace, name }: GroupId, intervalMs: number): number {
  const out = new ByteWriter();
  for (const text of ['file', namespace, 'name', name]) {
    const bytes = utf8Encode(text);
    if (bytes.length < 255) out.u8(bytes.length);
    else for (const byte of [255, bytes.length, bytes.length >>> 8, bytes.length >>> 16]) out.u8(byte & 255);
    out.bytes(bytes);
  }
  return Number((xxhash64(out.take()) % (BigInt(intervalMs) * NS_PER_MS)) / NS_PER_MS);
}
