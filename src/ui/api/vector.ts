/** The rows of an instant vector in the answer to a query. */

import type { Labels } from '../../model/correlate/labels.ts';

export interface InstantAnswer {
  readonly data: { readonly resultType: string; readonly result: readonly unknown[] };
}

export interface VectorRow {
  readonly labels: Labels;
  readonly value: number;
}

interface Element {
  readonly metric: Labels;
  readonly value?: readonly [seconds: number, value: string];
}

/** Native histograms are left out; what is no vector has no rows. */
export function vectorRows({ data }: InstantAnswer): readonly VectorRow[] {
  if (data.resultType !== 'vector') return [];
  return (data.result as readonly Element[]).flatMap(({ metric, value }) =>
    value === undefined ? [] : [{ labels: metric, value: Number(value[1]) }],
  );
}
