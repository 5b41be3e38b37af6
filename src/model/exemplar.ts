/** An exemplar: a sample of a series that points elsewhere, mostly at a trace, by labels of its own. */

import type { Labels } from './labels.ts';

/** OpenMetrics' limit on an exemplar's label names and values together, in characters. */
export const EXEMPLAR_LABELS_MAX_CHARS = 128;

/** Whether labels stay within that limit. */
export function fitsExemplar({ pairs }: Labels): boolean {
  let chars = 0;
  for (const text of pairs) chars += [...text].length;
  return chars <= EXEMPLAR_LABELS_MAX_CHARS;
}

export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}
