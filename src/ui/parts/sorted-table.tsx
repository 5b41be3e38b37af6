/** A table whose columns sort it: by which, the address says. Long ones show their first rows and more on demand. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../format/number.ts';
import { setParams, usePlace } from '../location.ts';

/** More rows at once make a page slow, and nobody reads them. */
const SHOWN_MAX = 200;

export interface Column<Row> {
  /** In the address. */
  readonly name: string;
  readonly title: string;
  readonly isNumber?: boolean;
  /** What is sorted by; NaN comes last. */
  value(row: Row): number | string;
  /** What is shown; the value itself where it is missing. */
  cell?(row: Row): ComponentChildren;
}

export function SortedTable<Row>(props: {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly label: string;
  /** The parameter that has the column's name, `-` before it for descending. */
  readonly param: string;
  readonly initial: string;
  readonly keyOf: (row: Row) => string;
  readonly isCurrent?: (row: Row) => boolean;
}) {
  const { rows, columns, label, param, initial, keyOf, isCurrent } = props;
  const [shownMax, setShownMax] = useState(SHOWN_MAX);
  const columnOf = (sort: string) => columns.find(({ name }) => name === sort.replace(/^-/, ''));
  const given = usePlace().params.get(param) ?? initial;
  // Another table's column may still be in the address.
  const sort = columnOf(given) ? given : initial;
  const isDown = sort.startsWith('-');
  const by = columnOf(sort) ?? columns[0]!;
  const sorted = rows.toSorted((a, b) => compared(by.value(a), by.value(b), isDown));
  const sortBy = (column: Column<Row>) => {
    const turned = column === by ? !isDown : column.isNumber === true;
    setParams({ [param]: `${turned ? '-' : ''}${column.name}` }, { replace: true });
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="scroll" tabIndex={0} aria-label={label}>
        <table class="sorted">
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.name}
                  class={column.isNumber ? 'number' : ''}
                  aria-sort={column !== by ? undefined : isDown ? 'descending' : 'ascending'}
                >
                  <button type="button" class="quiet" onClick={() => sortBy(column)}>
                    {column.title}
                    {column === by && <span class="sorted-sign">{isDown ? '▾' : '▴'}</span>}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shownMax).map((row) => (
              <tr key={keyOf(row)} aria-current={isCurrent?.(row) ? 'true' : undefined}>
                {columns.map(({ name, isNumber, value, cell }) => (
                  <td key={name} class={isNumber ? 'number' : ''}>
                    {cell ? cell(row) : value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > shownMax && (
        <button type="button" onClick={() => setShownMax(shownMax + SHOWN_MAX)}>
          Show more of {formatCount(rows.length)}
        </button>
      )}
    </>
  );
}

function compared(a: number | string, b: number | string, isDown: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  const order = a < b ? -1 : a > b ? 1 : 0;
  return isDown ? -order : order;
}
