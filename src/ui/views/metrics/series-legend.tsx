/**
 * The series of a graph by name, with what they share said once: pointing at one brings it out, a click shows it alone (with
 * Ctrl or Cmd, beside others), and each opens for its labels and the ways onward.
 */

import { labelsText } from '../../../model/correlate/labels.ts';
import { formatNumber } from '../../format/number.ts';
import { colourOf } from '../../graph/palette.ts';
import { useCapped } from '../../parts/use-capped.tsx';
import { type Column, lastOf } from './graph-data.ts';
import type { SeriesNames } from './series-names.ts';

/** More rows than this at once are slow to draw, and nobody reads them. */
const ROWS_STEP = 100;

interface LegendProps {
  readonly columns: readonly Column[];
  readonly names: SeriesNames;
  /** Places of the series that are shown; empty for all. */
  readonly alone: ReadonlySet<number>;
  onAlone(alone: ReadonlySet<number>): void;
  onHover(at: number | undefined): void;
  onOpen(at: number): void;
}

export function SeriesLegend(props: LegendProps) {
  const { columns, names, alone, onAlone } = props;
  const { shown, more } = useCapped(columns, ROWS_STEP, 'series');
  const hasCommon = Object.keys(names.common).length > 0;
  return (
    <div class="series-legend">
      {(hasCommon || alone.size > 0) && (
        <div class="row legend-head">
          {hasCommon && (
            <span class="faint">
              All: <code>{labelsText(names.common)}</code>
            </span>
          )}
          <span class="grow" />
          {alone.size > 0 && (
            <button type="button" onClick={() => onAlone(new Set())}>
              Show all {columns.length}
            </button>
          )}
        </div>
      )}
      <ul class="legend">
        {shown.map((column, i) => (
          <Entry key={i} at={i} column={column} {...props} />
        ))}
      </ul>
      {more}
    </div>
  );
}

function Entry(props: LegendProps & { readonly at: number; readonly column: Column }) {
  const { at, column, names, alone, onAlone, onHover, onOpen } = props;
  const isShown = alone.size === 0 || alone.has(at);
  const choose = (event: MouseEvent) => {
    const isMore = event.ctrlKey || event.metaKey;
    const next = new Set(isMore ? alone : []);
    if (isMore ? alone.has(at) : alone.size === 1 && alone.has(at)) next.delete(at);
    else next.add(at);
    onAlone(next);
  };
  const last = lastOf(column.values);
  const name = names.names[at]!;
  return (
    <li class="legend-row" onMouseEnter={() => onHover(at)} onMouseLeave={() => onHover(undefined)}>
      <button
        type="button"
        class={isShown ? 'legend-entry' : 'legend-entry is-hidden'}
        aria-pressed={isShown}
        title="Show alone; with Ctrl, beside others"
        onClick={choose}
        onFocus={() => onHover(at)}
        onBlur={() => onHover(undefined)}
      >
        <i class="swatch" style={{ background: colourOf(at) }} />
        <span class="legend-name">{name}</span>
        <b title="Last value">{last === undefined ? '' : formatNumber(last)}</b>
      </button>
      <button
        type="button"
        class="quiet"
        aria-label={`Open ${name}`}
        title="Labels, logs, traces"
        onClick={() => onOpen(at)}
      >
        ⋯
      </button>
    </li>
  );
}
