/**
 * The alerts of one rule and what becomes of them at each evaluation:
 *
 *   element appears ─▶ pending ─(`for` is over)─▶ firing ─(element gone, `keep_firing_for` over)─▶ inactive ─▶ forgotten
 *                        └─(element gone)─▶ forgotten
 *
 * An alert is known by its labels. Times are those of evaluations, in milliseconds.
 */

import { compareBytes } from '../base/bytes.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import { FOR_STATE_NAME } from './for-state.ts';
import { keyAt, packKeys, type RuleResult } from './rule-result.ts';
import type { SeriesResult } from './rule-series.ts';

export type AlertState = 'pending' | 'firing' | 'inactive';

/** A resolved alert is kept for so long, so that whoever is told of alerts learns of its end even if it was away. */
const RESOLVED_KEPT_MS = 15 * 60_000;
const ALERTS_NAME = 'ALERTS';
/** Alerts that are looked at between two looks at the clock: a fraction of a millisecond. */
const PER_STEP = 128;

/** Keys of the series that tell of an alert, made when they are written first. */
interface SeriesKeys {
  pending?: Uint8Array;
  firing?: Uint8Array;
  forState?: Uint8Array;
}

export interface Alert {
  readonly labels: Labels;
  /** Canonical bytes of the annotations, which are seldom looked at. */
  annotations: Uint8Array;
  value: number;
  state: AlertState;
  activeAtMs: number;
  firedAtMs: number | undefined;
  resolvedAtMs: number | undefined;
  keepFiringSinceMs: number | undefined;
  /** When those who are told of alerts were told of this one last (`due-alerts.ts`). */
  lastSentAtMs: number | undefined;
  /** Of the evaluation that had its element last. */
  round: number;
  readonly series: SeriesKeys;
}

export interface AlertTimes {
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** 0 or less: no limit. */
  readonly limit: number;
}

export function annotationsOf(alert: Alert): Labels {
  return Labels.fromBytes(alert.annotations);
}

export class AlertStates {
  /** By the bytes of their labels. */
  readonly #alerts = new Map<string, Alert>();
  /** Number of the evaluation, by which alerts are told whose elements it has. */
  #round = 0;
  /** What the evaluation before made, where nothing has changed since. */
  #samples: SeriesResult | undefined;
  readonly #ruleLabels: readonly (readonly [name: string, value: string])[];

  /** `ruleLabels` as the rule has them, templates and all. */
  constructor(ruleLabels: Readonly<Record<string, string>> = {}) {
    this.#ruleLabels = Object.entries(ruleLabels);
  }

  /** Pending and firing ones, and those that were resolved of late. */
  all(): Iterable<Alert> {
    return this.#alerts.values();
  }

  find(labels: Labels): Alert | undefined {
    return this.#alerts.get(keyText(labels.toBytes()));
  }

  /** Takes over the alerts of the same rule in a definition before this one. */
  adopt(from: AlertStates): void {
    for (const [key, alert] of from.#alerts) this.#alerts.set(key, { ...alert, round: 0 });
  }

  /** Moves the beginning of an alert. */
  move(alert: Alert, activeAtMs: number): void {
    alert.activeAtMs = activeAtMs;
    this.#samples = undefined;
  }

  /**
   * One evaluation, and the series that tell of the alerts that are active after it. Throws where they are more than the
   * limit; all are forgotten then. A generator, since there may be very many.
   */
  *update(result: RuleResult, timeMs: number, times: AlertTimes): Generator<void, SeriesResult> {
    yield* this.#note(result, timeMs);
    let active = 0;
    let count = 0;
    for (const [key, alert] of this.#alerts) {
      if (++count % PER_STEP === 0) yield;
      const before = alert.state;
      const isThere = alert.round === this.#round;
      if (isThere) alert.keepFiringSinceMs = undefined;
      if (isThere || this.#outlives(key, alert, timeMs, times.keepFiringForMs)) {
        active++;
        settle(alert, timeMs, times.forMs);
      }
      if (alert.state !== before) this.#samples = undefined;
    }
    if (times.limit > 0 && active > times.limit) {
      this.#alerts.clear();
      this.#samples = undefined;
      throw new Error(`exceeded limit of ${times.limit} with ${active} alerts`);
    }
    this.#samples ??= yield* this.#collect();
    return this.#samples;
  }

  /** Makes alerts of new elements and brings the others up to date. */
  *#note({ keys, notes, values }: RuleResult, timeMs: number): Generator<void, void> {
    const round = ++this.#round;
    for (let i = 0; i < values.length; i++) {
      if (i % PER_STEP === PER_STEP - 1) yield;
      const bytes = keyAt(keys, i);
      const key = keyText(bytes);
      const known = this.#alerts.get(key);
      const annotations = keyAt(notes, i);
      const value = values[i]!;
      if (known && known.state !== 'inactive') {
        known.value = value;
        known.annotations = annotations;
        known.round = round;
        continue;
      }
      this.#samples = undefined;
      this.#alerts.set(key, {
        labels: known?.labels ?? Labels.fromBytes(bytes),
        annotations,
        value,
        state: 'pending',
        activeAtMs: timeMs,
        firedAtMs: undefined,
        resolvedAtMs: undefined,
        keepFiringSinceMs: undefined,
        lastSentAtMs: undefined,
        round,
        series: known?.series ?? {},
      });
    }
  }

  /** Whether an alert stays active though its element is gone; else it is resolved or forgotten. */
  #outlives(key: string, alert: Alert, timeMs: number, keepFiringForMs: number): boolean {
    if (alert.state === 'firing' && keepFiringForMs > 0) {
      alert.keepFiringSinceMs ??= timeMs;
      if (timeMs - alert.keepFiringSinceMs < keepFiringForMs) return true;
    }
    const wasResolved = alert.resolvedAtMs !== undefined && timeMs - alert.resolvedAtMs > RESOLVED_KEPT_MS;
    if (alert.state === 'pending' || wasResolved) this.#alerts.delete(key);
    if (alert.state !== 'inactive') {
      alert.state = 'inactive';
      alert.resolvedAtMs = timeMs;
    }
    return false;
  }

  /** The series of active alerts: `ALERTS` with its state, and since when it is active. */
  *#collect(): Generator<void, SeriesResult> {
    const rows: { readonly key: Uint8Array; readonly value: number }[] = [];
    // Kind by kind, because alerts of a rule are nearly in order: what is sorted then are three runs.
    for (const kind of ['firing', 'pending', 'forState'] as const) {
      let count = 0;
      for (const alert of this.#alerts.values()) {
        if (++count % PER_STEP === 0) yield;
        if (alert.state === 'inactive' || (kind !== 'forState' && kind !== alert.state)) continue;
        rows.push({
          key: this.#seriesKey(alert, kind),
          value: kind === 'forState' ? Math.floor(alert.activeAtMs / 1000) : 1,
        });
      }
    }
    rows.sort((a, b) => compareBytes(a.key, b.key));
    yield;
    return {
      keys: packKeys(rows.map((r) => r.key)),
      values: Float64Array.from(rows, (r) => r.value),
      histograms: [],
    };
  }

  /** A label that came out empty for the alert has the rule's text of it in the series, as in the original. */
  #seriesKey({ labels, series }: Alert, kind: keyof SeriesKeys): Uint8Array {
    const known = series[kind];
    if (known) return known;
    let own = labels;
    for (const [name, value] of this.#ruleLabels) if (!own.has(name)) own = own.with(name, value);
    const key = (
      kind === 'forState'
        ? own.with(METRIC_NAME, FOR_STATE_NAME)
        : own.with(METRIC_NAME, ALERTS_NAME).with('alertstate', kind)
    ).toBytes();
    series[kind] = key;
    return key;
  }
}

/** Fires what has been active for long enough; a longer `for` than before makes it wait again. */
function settle(alert: Alert, timeMs: number, forMs: number): void {
  const isDue = timeMs - alert.activeAtMs >= forMs;
  if (alert.state === 'pending' && isDue) {
    alert.state = 'firing';
    alert.firedAtMs = timeMs;
  } else if (alert.state === 'firing' && !isDue) {
    alert.state = 'pending';
    alert.firedAtMs = undefined;
    alert.lastSentAtMs = undefined;
    alert.keepFiringSinceMs = undefined;
  }
}

function keyText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}
