/** Making, clearing and copying columns; an operator makes one and reuses it for every series it pushes. */

import { Labels } from '../../model/labels.ts';
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

/** A copy that its caller owns. */
export function copyColumn(column: Column): Column {
  return {
    labels: column.labels,
    values: column.values.slice(),
    present: column.present.slice(),
    histograms: column.histograms?.slice(),
    dropName: column.dropName ?? false,
  };
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
