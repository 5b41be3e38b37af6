/** Making, clearing and copying columns; an operator makes one and reuses it for every series it pushes. */

import type { Histogram } from '../../model/histogram.ts';
import { Labels } from '../../model/labels.ts';
import { COLUMN_STEP_BYTES } from '../../model/query-settings.ts';
import type { Column, Operator } from './operator.ts';

export function createColumn(stepCount: number): Column {
  return {
    labels: Labels.EMPTY,
    values: new Float64Array(stepCount),
    present: new Uint8Array(stepCount),
    histograms: undefined,
    dropName: false,
  };
}

/** Makes the column empty; old values stay behind absent steps. */
export function clearColumn(column: Column): void {
  column.present.fill(0);
  column.histograms = undefined;
  column.dropName = false;
}

/** What a column takes beside its steps: objects, array headers, labels of a usual length. */
export const COLUMN_BASE_BYTES = 400;
/** A histogram's object and array headers, and each bucket, bound or span in it. */
const HISTOGRAM_BASE_BYTES = 400;
const HISTOGRAM_ITEM_BYTES = 8;

/** Bytes that a copy of the column holds; a histogram that several columns share is counted in each. */
export function columnBytes({ values, histograms }: Column): number {
  let bytes = COLUMN_BASE_BYTES + values.length * COLUMN_STEP_BYTES;
  if (histograms !== undefined) for (const h of histograms) if (h !== undefined) bytes += histogramBytes(h);
  return bytes;
}

export function histogramBytes(h: Histogram): number {
  const items =
    h.positiveCounts.length +
    h.negativeCounts.length +
    h.positiveSpans.length +
    h.negativeSpans.length +
    h.customBounds.length;
  return HISTOGRAM_BASE_BYTES + items * HISTOGRAM_ITEM_BYTES;
}

/** Whether any step has a value. */
export function hasAny(column: Column): boolean {
  return column.present.includes(1);
}

/** Whether any step has a histogram; absent steps may have old ones. */
export function hasHistogram({ histograms, present }: Column): boolean {
  return histograms?.some((h, i) => h !== undefined && present[i] === 1) ?? false;
}

/** The values of a scalar operator, which yields one column with every step present. */
export async function collectScalar(operator: Operator, stepCount: number): Promise<Float64Array> {
  const values = new Float64Array(stepCount).fill(Number.NaN);
  await operator.run((column) => {
    for (let i = 0; i < stepCount; i++) if (column.present[i] === 1) values[i] = column.values[i]!;
  });
  return values;
}
