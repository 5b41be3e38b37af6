/** Rows in aligned columns, as wide as the screen at most: the widest columns give way first. */

import { cellsOf, fill, paint, plain, STYLES } from './cells.ts';

const GAP = '  ';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** SGR parameters of its cells. */
  readonly style?: string;
}

export interface TableStyle {
  /** Cells of a line; infinite where nothing is to be cut. */
  readonly width: number;
  readonly color: boolean;
}

/** Lines: the titles, then a line a row. Cells may hold any text. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, color }: TableStyle,
): string[] {
  const cells = rows.map((row) => row.map(plain));
  const wanted = columns.map(({ title }, at) =>
    cells.reduce((most, row) => Math.max(most, cellsOf(row[at]!)), cellsOf(title)),
  );
  const widths = fitting(wanted, width);
  const line = (row: readonly string[], styleOf: (column: Column) => string | undefined) => {
    const parts = columns.flatMap((column, at) => {
      if (widths[at] === 0) return [];
      const isLast = at === columns.length - 1 && column.align !== 'right';
      const shown = fill(row[at]!, widths[at]!, column.align);
      return [paint(isLast ? shown.trimEnd() : shown, styleOf(column), color)];
    });
    return parts.join(GAP).trimEnd();
  };
  return [
    line(
      columns.map(({ title }) => title),
      () => STYLES.bold,
    ),
    ...cells.map((row) => line(row, ({ style }) => style)),
  ];
}

/** Widths that add up, with their gaps, to `width` at most. Columns that find no place have none, the last ones first. */
function fitting(wanted: readonly number[], width: number): number[] {
  const total = (widths: readonly number[]) => {
    const shown = widths.filter((w) => w > 0);
    return shown.reduce((sum, w) => sum + w, 0) + GAP.length * Math.max(0, shown.length - 1);
  };
  const widths = [...wanted];
  let over = total(widths) - width;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= 1) {
      widths[widths.findLastIndex((w) => w > 0)] = 0;
      if (widths.every((w) => w === 0)) return widths;
    } else {
      // The widest go down to the next one together.
      const next = Math.max(1, ...widths.filter((w) => w < widest));
      const count = widths.filter((w) => w === widest).length;
      const each = Math.max(1, Math.min(widest - next, Math.ceil(over / count)));
      let rest = over;
      for (let at = 0; at < widths.length && rest > 0; at++) {
        if (widths[at] !== widest) continue;
        widths[at] = widest - Math.min(each, rest, widest - 1);
        rest -= widest - widths[at]!;
      }
    }
    over = total(widths) - width;
  }
  return widths;
}
