/** One line: time, level, service, text; all that is known of it below where it is unfolded. */

import { formatMoment } from '../../format/time.ts';
import { LineDetails } from './line-details.tsx';
import { LineText, type LineView } from './line-text.tsx';
import { LEVELS, levelOf } from './log-level.ts';
import { allLabels, type LogRow, rowService } from './log-row.ts';
import { traceAddress } from './trace-address.ts';

/** Longer lines are cut until they are unfolded: nobody reads them in a list. */
const SHOWN_MAX_CHARS = 2000;

export function Row(props: {
  readonly row: LogRow;
  readonly view: LineView;
  readonly isOpen: boolean;
  onToggle(id: number): void;
}) {
  const { row, view, isOpen, onToggle } = props;
  const level = levelOf(allLabels(row));
  const classes = ['log-row', `level-${level}`, isOpen ? 'is-open' : ''];
  return (
    <div class={classes.filter(Boolean).join(' ')} data-line={row.id}>
      <div class="log-head" style={{ borderLeftColor: LEVELS[level].colour }}>
        <button
          type="button"
          class="log-time"
          aria-expanded={isOpen}
          title={`${formatMoment(row.ms).slice(0, -4)}.${row.ns.slice(-9)}`}
          onClick={() => onToggle(row.id)}
        >
          {formatMoment(row.ms, view.bounds.endMs)}
        </button>
        <span class="log-level">{LEVELS[level].short}</span>
        <span class="log-service">{rowService(row) ?? ''}</span>
        <LineText line={row.line} view={view} maxChars={SHOWN_MAX_CHARS} />
        <TraceLink row={row} />
      </div>
      {isOpen && <LineDetails row={row} view={view} />}
    </div>
  );
}

function TraceLink({ row }: { readonly row: LogRow }) {
  const address = traceAddress(row);
  if (address === undefined) return null;
  return (
    <a class="log-trace" href={address} title="The trace of this line">
      trace
    </a>
  );
}
