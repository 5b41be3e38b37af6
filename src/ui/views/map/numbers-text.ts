/** Numbers of calls as texts. */

import { formatNanoseconds, formatNumber } from '../../format/number.ts';
import type { CallNumbers } from './service-graph.ts';

/** `12.3/s`; slow rates per minute or hour, where they are more than nothing. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond >= 0.1) return `${digits(perSecond)}/s`;
  if (perSecond * 60 >= 0.1) return `${digits(perSecond * 60)}/min`;
  return `${digits(perSecond * 3600)}/h`;
}

function digits(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : formatNumber(Math.round(value));
}

/** A dash where nothing was measured. */
export function latencyText(seconds: number): string {
  return Number.isFinite(seconds) ? formatNanoseconds(seconds * 1e9) : '–';
}

/** Between 0 and 1. */
export function failedShare({ rate, failedRate }: Pick<CallNumbers, 'rate' | 'failedRate'>): number {
  return rate > 0 ? Math.min(1, failedRate / rate) : 0;
}

export function percentText(share: number): string {
  if (share === 0) return '0%';
  return share < 0.01 ? '<1%' : `${Math.round(share * 100)}%`;
}
