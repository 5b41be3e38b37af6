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
import { keyAt, type PackedKeys, packKeys, type RuleResult } from './rule-result.ts';

export type AlertState = 'pending' | 'firing' | 'inactive';

/** A resolved alert is kept for so long, so that whoever is told of alerts learns of its end even if it was away. */
const RESOLVED_KEPT_MS = 15 * 60_000;
const ALERTS_NAME = 'ALERTS';

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

  /** Pending and firing ones, and those that were resolved of late. */
  all(): Iterable<Alert> {
    return this.#alerts.values();
  }

  find(labels: Labels): Alert | undefined {
    return this.#alerts.get(keyText(labels.toBytes()));
  }

  /** Takes over the alerts of the same rule in a definition before this one. */
  adopt(from: AlertStates): void {
    for (const [key, alert] of from.#alerts) this.#alerts.set(key, alert);
  }

  /** Throws where there are more alerts than the limit; all are forgotten then. */
  update(result: RuleResult, timeMs: number, times: AlertTimes): void {
    const seen = this.#note(result, timeMs);
    let active = 0;
    for (const [key, alert] of this.#alerts) {
      if (!seen.has(key) && !this.#outlives(key, alert, timeMs, times.keepFiringForMs)) continue;
      if (seen.has(key)) alert.keepFiringSinceMs = undefined;
      active++;
      settle(alert, timeMs, times.forMs);
    }
    if (times.limit > 0 && active > times.limit) {
      this.#alerts.clear();
      throw new Error(`exceeded limit of ${times.limit} with ${active} alerts`);
    }
  }

  /** Makes alerts of new elements and brings the others up to date. */
  #note({ keys, notes, values }: RuleResult, timeMs: number): ReadonlySet<string> {
    const seen = new Set<string>();
    for (let i = 0; i < values.length; i++) {
      const bytes = keyAt(keys, i);
      const key = keyText(bytes);
      seen.add(key);
      const known = this.#alerts.get(key);
      const annotations = keyAt(notes, i);
      if (known && known.state !== 'inactive') {
        known.value = values[i]!;
        known.annotations = annotations;
        continue;
      }
      this.#alerts.set(key, {
        labels: known?.labels ?? Labels.fromBytes(bytes),
        annotations,
        value: values[i]!,
        state: 'pending',
        activeAtMs: timeMs,
        firedAtMs: undefined,
        resolvedAtMs: undefined,
        keepFiringSinceMs: undefined,
        series: known?.series ?? {},
      });
    }
    return seen;
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

  /** The series that tell of active alerts: `ALERTS` with its state, and since when it is active. */
  samples(): { readonly keys: PackedKeys; readonly values: Float64Array } {
    const rows: { readonly key: Uint8Array; readonly value: number }[] = [];
    for (const alert of this.#alerts.values()) {
      if (alert.state === 'inactive') continue;
      rows.push({ key: stateKey(alert, alert.state), value: 1 });
      rows.push({ key: forStateKey(alert), value: Math.floor(alert.activeAtMs / 1000) });
    }
    rows.sort((a, b) => compareBytes(a.key, b.key));
    return { keys: packKeys(rows.map((r) => r.key)), values: Float64Array.from(rows, (r) => r.value) };
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
    alert.keepFiringSinceMs = undefined;
  }
}

function keyText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function stateKey({ labels, series }: Alert, state: 'pending' | 'firing'): Uint8Array {
  series[state] ??= labels.with(METRIC_NAME, ALERTS_NAME).with('alertstate', state).toBytes();
  return series[state];
}

function forStateKey({ labels, series }: Alert): Uint8Array {
  series.forState ??= labels.with(METRIC_NAME, FOR_STATE_NAME).toBytes();
  return series.forState;
}
