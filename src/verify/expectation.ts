/** What a file expects: queries, and what must hold of what they find. */

import type { Comparisons } from './comparison.ts';
import type { ItemCondition } from './condition.ts';

export type Language = 'promql' | 'logql' | 'traceql';

/** Where it stands, for whoever reads that it does not hold. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Of logs and traces; metrics are asked at its end. What is not given: the end is now, the start `lastMs` before it. */
export interface TimeRange {
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly lastMs?: number;
}

export interface Expectation {
  readonly name: string;
  readonly place: Place;
  readonly language: Language;
  readonly query: string;
  readonly range: TimeRange;
  /** It must hold within this time. */
  readonly timeoutMs: number;
  /** How many series, lines or traces. */
  readonly count?: Comparisons;
  /** How many spans in all traces together. */
  readonly spans?: Comparisons;
  /** One of what is found must be so. */
  readonly any?: ItemCondition;
  /** All of what is found must be so. */
  readonly every?: ItemCondition;
  /** For so long nothing may be found (of which `any` is true, where that is given). */
  readonly absentMs?: number;
}

export interface ExpectationFile {
  readonly file: string;
  readonly expectations: readonly Expectation[];
}

/** What an outcome is of, as it is told. */
export interface Subject {
  readonly name: string;
  readonly place: Place;
  readonly language: string;
  readonly query: string;
}

/** How it came out. */
export interface Outcome {
  readonly expectation: Subject;
  /** Why it does not hold, in lines; undefined where it does. */
  readonly failure: string | undefined;
  readonly tookMs: number;
}
