/** Round numbers and times for axes, and where values lie between them. */

import { printClock } from '../print/times.ts';

const ROUND = [1, 2, 2.5, 5, 10];
/** More are never wanted; bounds the walk where steps are lost in the digits of a number. */
const TICKS_MAX = 30;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
];

/** A range of values; `max` is above `min`, and halves keep their difference finite. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  /** Ascending. */
  readonly ticks: readonly number[];
}

/** Of finite values; begins at 0 where that is not far. */
export function valueScale(least: number, most: number, ticks: number): Scale {
  let [min, max] = [least, most];
  if (min > 0 && min <= max / 2) min = 0;
  if (max < 0 && max >= min / 2) max = 0;
  if (min === max) {
    const pad = Math.abs(min) / 10 || 1;
    [min, max] = [min - pad, max + pad];
  }
  const step = roundUp(((max / 2 - min / 2) / Math.max(1, ticks)) * 2);
  const [low, high] = [Math.floor(min / step) * step, Math.ceil(max / step) * step];
  if (!(step > 0) || !Number.isFinite(low) || !Number.isFinite(high)) return { min, max, ticks: [min, max] };
  const found: number[] = [];
  for (let at = 0; at < TICKS_MAX; at++) {
    const tick = low + at * step;
    if (!(tick <= high + step / 2)) break;
    found.push(tick === 0 ? 0 : tick);
  }
  return low < high ? { min: low, max: high, ticks: found } : { min, max, ticks: [min, max] };
}

function roundUp(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (ROUND.find((round) => round * power >= step * 0.999) ?? 10) * power;
}

/** 0 at the scale's `min`, 1 at its `max`. */
export function shareOf(value: number, { min, max }: Pick<Scale, 'min' | 'max'>): number {
  const share = (value / 2 - min / 2) / (max / 2 - min / 2);
  return Math.min(1, Math.max(0, share));
}

/** Texts of ticks: one unit and as many decimals as tell them apart. */
export function tickLabels(ticks: readonly number[]): string[] {
  const size = Math.max(...ticks.map(Math.abs));
  if (size >= 1e15 || size < 1e-4) return ticks.map((tick) => (tick === 0 ? '0' : tick.toExponential(1)));
  const [unit, divisor] =
    size >= 1e12
      ? ['T', 1e12]
      : size >= 1e9
        ? ['G', 1e9]
        : size >= 1e6
          ? ['M', 1e6]
          : size >= 1e4
            ? ['k', 1e3]
            : ['', 1];
  const step = Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) / divisor;
  const decimals = step > 0 ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))) : 2;
  // 2.5 needs one more than 2.
  const isWhole = (n: number) => Math.abs(n - Math.round(n)) < 1e-6;
  const needed = isWhole(step * 10 ** decimals) ? decimals : Math.min(6, decimals + 1);
  return ticks.map((tick) => `${(tick / divisor).toFixed(needed)}${tick === 0 ? '' : unit}`);
}

export interface TimeTick {
  readonly ms: number;
  readonly label: string;
}

/** At most about `count` round times in the range, in the machine's zone or UTC. */
export function timeTicks(startMs: number, endMs: number, count: number, isUtc: boolean): TimeTick[] {
  const rough = (endMs - startMs) / Math.max(1, count);
  const step = TIME_STEPS.find((round) => round >= rough) ?? Math.ceil(rough / (365 * DAY)) * 365 * DAY;
  const offset = isUtc ? 0 : new Date(startMs).getTimezoneOffset() * MINUTE;
  const ticks: TimeTick[] = [];
  const first = Math.ceil((startMs - offset) / step) * step + offset;
  for (let at = 0; at < TICKS_MAX && first + at * step <= endMs; at++) {
    const ms = first + at * step;
    ticks.push({ ms, label: timeLabel(ms, step, isUtc) });
  }
  return ticks;
}

function timeLabel(ms: number, step: number, isUtc: boolean): string {
  const [date = '', clock = ''] = printClock(ms, isUtc).split(' ');
  if (step >= DAY || clock.startsWith('00:00:00')) return date.slice(5);
  return step < MINUTE ? clock.slice(0, 8) : clock.slice(0, 5);
}
