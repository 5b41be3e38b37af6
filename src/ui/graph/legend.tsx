/** The series of a graph by name: pointing at one brings it out, a click shows it alone, another shows all again. */

import { useState } from 'preact/hooks';
import { colourOf } from './palette.ts';

/** More entries than this are shown on demand: a page of thousands is slow, and nobody reads it. */
const SHOWN_MAX = 50;

export interface LegendEntry {
  readonly name: string;
  readonly colour?: string;
  /** The value beside it, as text. */
  readonly value?: string;
  readonly isHidden?: boolean;
}

export function Legend(props: {
  readonly entries: readonly LegendEntry[];
  onHover(index: number | undefined): void;
  onClick(index: number): void;
}) {
  const { entries, onHover, onClick } = props;
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? entries : entries.slice(0, SHOWN_MAX);
  return (
    <ul class="legend">
      {shown.map(({ name, colour, value, isHidden }, i) => (
        <li key={name}>
          <button
            type="button"
            class={isHidden ? 'legend-entry is-hidden' : 'legend-entry'}
            aria-pressed={!isHidden}
            onMouseEnter={() => onHover(i)}
            onMouseLeave={() => onHover(undefined)}
            onFocus={() => onHover(i)}
            onBlur={() => onHover(undefined)}
            onClick={() => onClick(i)}
          >
            <i class="swatch" style={{ background: colour ?? colourOf(i) }} />
            <span class="legend-name">{name}</span>
            {value !== undefined && <b>{value}</b>}
          </button>
        </li>
      ))}
      {entries.length > shown.length && (
        <li>
          <button type="button" class="quiet" onClick={() => setShowsAll(true)}>
            and {entries.length - shown.length} more
          </button>
        </li>
      )}
    </ul>
  );
}
