/** Columns of calls: how many, how many of them failed, how long they took. */

import type { Column } from '../../parts/sorted-table.tsx';
import { failedShare, latencyText, percentText, rateText } from './numbers-text.ts';

interface Calls {
  /** Per second. */
  readonly rate: number;
  readonly failedRate: number;
}

export function callColumns<Row extends Calls>(): readonly Column<Row>[] {
  return [
    {
      name: 'rate',
      title: 'Calls',
      isNumber: true,
      value: ({ rate }) => rate,
      cell: ({ rate }) => rateText(rate),
    },
    {
      name: 'failed',
      title: 'Failed',
      isNumber: true,
      value: failedShare,
      cell: (row) => (
        <span class={row.failedRate > 0 ? 'fault' : 'faint'}>{percentText(failedShare(row))}</span>
      ),
    },
  ];
}

/** `value` is in seconds. */
export function latencyColumn<Row>(name: string, title: string, value: (row: Row) => number): Column<Row> {
  return { name, title, isNumber: true, value, cell: (row) => latencyText(value(row)) };
}
