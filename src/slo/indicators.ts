/** Indicators that are named by what they are about, in PromQL: failed events, slow ones, and a resource that is full. */

import { formatFloat } from '../model/float-format.ts';
import type { Indicator } from './slo.ts';
import { BAD_NOW_METRIC } from './slo-rules.ts';

/** A series selector apart: `name` may have a suffix appended, `matchers` stand between braces. */
export interface SelectorText {
  readonly name: string;
  readonly matchers: string;
}

/**
 * Events that are bad, of all. Where none was bad yet there is no series of them, which is a share of 0; where there was no event
 * at all there is no share.
 */
export function errorIndicator(bad: string, total: string): Indicator {
  return {
    errorRatio: (window) =>
      `(sum(rate(${bad}[${window}])) or vector(0))\n/\n(sum(rate(${total}[${window}])) > 0)\n`,
  };
}

/**
 * Events that took longer than a bound of the histogram's buckets. Bounds of whole seconds are written `1` or `1.0`, by the version of
 * what scrapes; without a bucket at the threshold there is no share.
 */
export function classicLatencyIndicator(
  { name, matchers }: SelectorText,
  thresholdSeconds: number,
): Indicator {
  const bound = formatFloat(thresholdSeconds);
  const le = Number.isInteger(thresholdSeconds) ? `le=~"${bound}(\\\\.0)?"` : `le="${bound}"`;
  const bucket = `${name}_bucket{${matchers === '' ? le : `${matchers}, ${le}`}}`;
  const count = `${name}_count${matchers === '' ? '' : `{${matchers}}`}`;
  return {
    errorRatio: (window) =>
      `(sum(rate(${count}[${window}])) - sum(rate(${bucket}[${window}])))\n/\n(sum(rate(${count}[${window}])) > 0)\n`,
  };
}

/** The same of a native histogram, whose threshold may be any; between two bounds it is estimated. */
export function nativeLatencyIndicator(selector: string, thresholdSeconds: number): Indicator {
  return {
    errorRatio: (window) => {
      const all = `sum(rate(${selector}[${window}]))`;
      const fast = `histogram_fraction(-Inf, ${formatFloat(thresholdSeconds)}, ${all})`;
      return `(1 - ${fast})\nand\n(histogram_count(${all}) > 0)\n`;
    },
  };
}

/** The share of the time in which a ratio, of several series the largest, is above its bound. */
export function saturationIndicator(ratio: string, bound: number): Indicator {
  return {
    badNow: `max(${ratio}) > bool ${formatFloat(bound)}`,
    errorRatio: (window, filter) => `avg_over_time(${BAD_NOW_METRIC}${filter}[${window}])`,
  };
}
