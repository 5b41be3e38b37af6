/** What sampling tells of itself (docs/metrics.md). */

import type { Counter, Family, HistogramCounter, Telemetry } from '../../base/telemetry.ts';
import type { Verdict } from './policy/policy.ts';
import type { Decision } from './policy-set.ts';

/** Why spans were not stored. */
export type DropReason = 'not_sampled' | 'dropped' | 'too_large' | 'late';
/** Why a trace was decided before its time. */
export type EarlyReason = 'max_bytes' | 'num_traces' | 'request';

/** Seconds; a slice is meant to take a few milliseconds. */
const SLICE_BUCKETS: readonly number[] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
/** Seconds beyond the time at which a trace was due. */
const LATENESS_BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60];

export class SamplingTelemetry {
  readonly #traces: Readonly<Record<Decision, Counter>>;
  readonly #verdicts: Family<Counter>;
  #policies: readonly string[];
  readonly #byPolicy = new Map<string, Counter>();
  readonly #dropped: Family<Counter>;
  readonly #late: Readonly<Record<'sampled' | 'not_sampled', Counter>>;
  readonly #early: Family<Counter>;
  readonly newTraces: Counter;
  readonly slice: HistogramCounter;
  readonly lateness: HistogramCounter;
  readonly failures: Counter;

  constructor(telemetry: Telemetry, policies: readonly string[]) {
    const counter = (name: string, help: string, labels: readonly string[] = []) =>
      telemetry.counter(`trilite_sampling_${name}_total`, help, labels);
    const traces = counter('traces', 'Traces that were decided.', ['decision']);
    this.#traces = {
      sampled: traces.with('sampled'),
      not_sampled: traces.with('not_sampled'),
      dropped: traces.with('dropped'),
    };
    this.#policies = policies;
    this.#verdicts = counter('policy_traces', 'What each policy said of traces.', ['policy', 'decision']);
    this.#dropped = counter('dropped_spans', 'Spans that were acknowledged and not kept.', ['reason']);
    for (const reason of ['not_sampled', 'dropped', 'too_large', 'late']) this.#dropped.with(reason);
    const late = counter('late_spans', 'Spans of traces that were decided before.', ['decision']);
    this.#late = { sampled: late.with('sampled'), not_sampled: late.with('not_sampled') };
    this.#early = counter('early_decisions', 'Traces that were decided before their time.', ['reason']);
    for (const reason of ['max_bytes', 'num_traces', 'request']) this.#early.with(reason);
    this.newTraces = counter('new_traces', 'Traces whose first span came.').with();
    this.failures = counter('failures', 'Attempts to store what was decided that failed.').with();
    const histogram = (name: string, help: string, bounds: readonly number[]) =>
      telemetry.histogram(`trilite_sampling_${name}_seconds`, help, [], bounds).with();
    this.slice = histogram('slice', 'Time that deciding held the main thread at a stretch.', SLICE_BUCKETS);
    this.lateness = histogram(
      'decision_delay',
      'From when a trace was due to its decision.',
      LATENESS_BUCKETS,
    );
  }

  setPolicies(names: readonly string[]): void {
    this.#policies = names;
    this.#byPolicy.clear();
  }

  decided(decision: Decision, spans: number): void {
    this.#traces[decision].add();
    if (decision !== 'sampled') this.dropped(decision, spans);
  }

  verdict(policy: number, verdict: Verdict): void {
    const key = `${policy} ${verdict}`;
    let counter = this.#byPolicy.get(key);
    if (!counter) {
      counter = this.#verdicts.with(this.#policies[policy]!, verdict);
      this.#byPolicy.set(key, counter);
    }
    counter.add();
  }

  /** A trace that is dropped for its size is decided by no policy. */
  tooLarge(spans: number): void {
    this.#traces.not_sampled.add();
    this.dropped('too_large', spans);
  }

  dropped(reason: DropReason, spans: number): void {
    this.#dropped.with(reason).add(spans);
  }

  late(isSampled: boolean, spans: number): void {
    if (spans === 0) return;
    this.#late[isSampled ? 'sampled' : 'not_sampled'].add(spans);
    if (!isSampled) this.dropped('late', spans);
  }

  early(reason: EarlyReason): void {
    this.#early.with(reason).add();
  }
}
