/** Numbers, times and senders as findings say them. */

import { formatDuration } from '../model/duration.ts';
import type { SenderState } from './snapshot.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** What is older is over. */
export const RECENT_MS = 15 * MINUTE_MS;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 GiB`. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** Of two units at most, to the second: `2h5m`. */
export function spanText(ms: number): string {
  const whole = Math.round(Math.abs(ms) / 1000) * 1000;
  if (whole === 0) return '0s';
  const unit = whole >= DAY_MS ? HOUR_MS : whole >= HOUR_MS ? MINUTE_MS : 1000;
  return formatDuration(Math.round(whole / unit) * unit);
}

export function percentText(share: number): string {
  return share > 0 && share < 0.01 ? '<1%' : `${Math.round(share * 100)}%`;
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** ` from 10.0.0.7 (otelcol/0.130)`; '' where nothing is known. */
export function senderText({ peer, agent }: SenderState): string {
  if (peer === '' && agent === '') return '';
  if (peer === '') return ` (${agent})`;
  return ` from ${peer}${agent === '' ? '' : ` (${agent})`}`;
}
