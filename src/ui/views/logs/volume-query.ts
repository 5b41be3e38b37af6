/** How many lines there are over the range, by level: what is asked, and the bars made of the answer. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { type Bounds, stepFor } from '../../time/range.ts';
import { LEVELS, type Level, levelNamed } from './log-level.ts';

/** As many as can be told apart on a screen. */
const BARS_MAX = 120;

export interface VolumeQuestion extends Bounds {
  readonly query: string;
  readonly stepMs: number;
}

interface Counted {
  readonly metric: Labels;
  readonly values?: readonly (readonly [seconds: number, value: string])[];
}

export interface LevelBars {
  readonly level: Level;
  /** What the server calls it, for filters. */
  readonly names: readonly string[];
  readonly total: number;
  readonly values: readonly (number | null)[];
}

export interface VolumeBars {
  /** Where each bar begins. */
  readonly timesMs: readonly number[];
  /** The gravest level last: at the ground, where it is seen best. */
  readonly levels: readonly LevelBars[];
  readonly total: number;
}

/** The bars stand on whole steps, so that they do not dance when the range moves on. */
export function volumeQuestion(query: string, { startMs, endMs }: Bounds): VolumeQuestion {
  const stepMs = stepFor({ startMs, endMs }, BARS_MAX);
  const first = Math.floor(startMs / stepMs) * stepMs;
  const last = Math.ceil(endMs / stepMs) * stepMs;
  return {
    query: `sum by (level, detected_level) (count_over_time(${query} | drop __error__ [${stepMs / 1000}s]))`,
    // A value tells of the step before it.
    startMs: first + stepMs,
    endMs: last,
    stepMs,
  };
}

export function volumeBars(question: VolumeQuestion, answer: readonly Counted[]): VolumeBars {
  const { startMs, endMs, stepMs } = question;
  const count = Math.round((endMs - startMs) / stepMs) + 1;
  const timesMs = Array.from({ length: count }, (_, i) => startMs + (i - 1) * stepMs);
  const byLevel = new Map<Level, { names: Set<string>; values: (number | null)[] }>();
  for (const { metric, values = [] } of answer) {
    const name = metric.detected_level || metric.level || '';
    const level = levelNamed(name);
    const own = byLevel.get(level) ?? { names: new Set(), values: timesMs.map(() => null) };
    byLevel.set(level, own);
    if (name !== '') own.names.add(name);
    for (const [seconds, value] of values) {
      const at = Math.round((seconds * 1000 - startMs) / stepMs);
      if (at >= 0 && at < count) own.values[at] = (own.values[at] ?? 0) + Number(value);
    }
  }
  const order = Object.keys(LEVELS) as Level[];
  const levels = order.toReversed().flatMap((level) => {
    const own = byLevel.get(level);
    return own ? [{ level, names: [...own.names], values: own.values, total: sum(own.values) }] : [];
  });
  return { timesMs, levels, total: sum(levels.map(({ total }) => total)) };
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((all, value) => all + (value ?? 0), 0);
}
