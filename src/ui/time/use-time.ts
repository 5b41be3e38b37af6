/**
 * The time range of the page: in the address (`from`, `to`, `refresh`), the same for every view. A range that speaks of
 * `now` stands still until it is refreshed, so that all panels of a view show one moment.
 */

import { useEffect, useMemo } from 'preact/hooks';
import { parseDuration } from '../../model/duration.ts';
import { place, setParams, usePlace } from '../location.ts';
import { Store, useStore } from '../store.ts';
import { now } from './now.ts';
import { type Bounds, boundsOf, DEFAULT_RANGE, type TimeRange } from './range.ts';

/** Faster than this a browser does nothing else. */
const REFRESH_LEAST_MS = 1000;

const shownAt = new Store(now());

/** Shows what has come since. */
export function refresh(): void {
  shownAt.set(now());
}

export function rangeOf(params: URLSearchParams): TimeRange {
  return { from: params.get('from') ?? DEFAULT_RANGE.from, to: params.get('to') ?? DEFAULT_RANGE.to };
}

export function setRange(range: TimeRange): void {
  shownAt.set(now());
  setParams({ from: range.from, to: range.to });
}

/** Of a stretch that was drawn on a graph. */
export function zoomTo({ startMs, endMs }: Bounds): void {
  setRange({ from: String(Math.round(startMs)), to: String(Math.round(endMs)) });
}

/** The parameters of the range in force, for links from one view to another. */
export function rangeParams(): { from?: string; to?: string } {
  const { params } = place();
  const from = params.get('from');
  const to = params.get('to');
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
}

export interface TimeView extends Bounds {
  readonly range: TimeRange;
  /** Why the default is shown in the place of what the address says. */
  readonly fault: string | undefined;
}

/** Redraws when the range changes or is refreshed. */
export function useTime(): TimeView {
  const { params } = usePlace();
  const nowMs = useStore(shownAt);
  const { from, to } = rangeOf(params);
  return useMemo(() => {
    const range = { from, to };
    try {
      return { range, ...boundsOf(range, nowMs), fault: undefined };
    } catch (error) {
      return { range: DEFAULT_RANGE, ...boundsOf(DEFAULT_RANGE, nowMs), fault: (error as Error).message };
    }
  }, [from, to, nowMs]);
}

/** Refreshes as often as the address says; for the shell. */
export function useAutoRefresh(): string | undefined {
  const { params } = usePlace();
  const every = params.get('refresh') ?? undefined;
  useEffect(() => {
    if (every === undefined) return;
    let ms: number;
    try {
      ms = Math.max(REFRESH_LEAST_MS, parseDuration(every));
    } catch {
      return;
    }
    const timer = setInterval(() => document.hidden || refresh(), ms);
    return () => clearInterval(timer);
  }, [every]);
  return every;
}
