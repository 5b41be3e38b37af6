/** A span in the waterfall: its name at its depth, and its bar. */
// biome-ignore-all lint/a11y/useSemanticElements: rows stand where they are put; a table's own elements would lay themselves out
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names the row that is meant

import { formatNanoseconds } from '../../format/number.ts';
import { Swatch, useServiceColour } from '../../parts/swatch.tsx';
import type { TreeSpan } from './span-tree.ts';
import type { Stretch } from './trace-address.ts';

/** Rows are of one height, so that the place of each is known without drawing it. */
export const ROW_PX = 26;
const INDENT_PX = 14;
/** Deeper spans are no further in: their names would be out of sight. */
const INDENT_MAX = 12;
/** A span with ten thousand events shows the first. */
const TICKS_MAX = 100;

export interface RowProps {
  readonly row: TreeSpan;
  /** Among the open rows. */
  readonly place: number;
  readonly zoom: Stretch;
  readonly path: readonly Stretch[] | undefined;
  readonly isMatch: boolean;
  readonly isChosen: boolean;
  readonly isClosed: boolean;
  onChoose(row: number): void;
  onToggle(row: TreeSpan): void;
}

export function WaterfallRow(props: RowProps) {
  const { row, place, isMatch, isChosen, isClosed, onChoose, onToggle } = props;
  const { span, index, depth, childCount, errorsBelow, isOrphan } = row;
  const isParent = childCount > 0;
  const classes = [
    'waterfall-row',
    isChosen && 'is-chosen',
    isMatch && 'is-match',
    place % 2 === 1 && 'is-odd',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the view's keys walk along the rows and choose
    <div
      role="row"
      id={`span-${index}`}
      class={classes.filter(Boolean).join(' ')}
      style={{ top: `${place * ROW_PX}px`, height: `${ROW_PX}px` }}
      aria-rowindex={place + 2}
      aria-level={depth + 1}
      aria-expanded={isParent ? !isClosed : undefined}
      aria-selected={isChosen}
      tabIndex={-1}
      onClick={() => onChoose(index)}
    >
      <span
        role="gridcell"
        class="waterfall-name"
        style={{ paddingLeft: `${4 + Math.min(depth, INDENT_MAX) * INDENT_PX}px` }}
        title={`${span.resource.service}: ${span.name}`}
      >
        {isParent ? (
          <button
            type="button"
            class="waterfall-turn"
            tabIndex={-1}
            aria-label={isClosed ? 'Open' : 'Close'}
            onClick={(event) => {
              event.stopPropagation();
              onToggle(row);
            }}
          >
            {isClosed ? '▸' : '▾'}
          </button>
        ) : (
          <span class="waterfall-turn" />
        )}
        <Swatch service={span.resource.service} />
        {span.status === 'error' && <Sign text="error">!</Sign>}
        {isClosed && isParent && errorsBelow > 0 && span.status !== 'error' && (
          <Sign text={`${errorsBelow} errors below`} isFaint>
            !
          </Sign>
        )}
        {isOrphan && (
          <Sign text="its parent is missing" isFaint>
            ?
          </Sign>
        )}
        <span class="faint">{span.resource.service}</span>
        <span class="waterfall-operation">{span.name || '(no name)'}</span>
        {isClosed && isParent && <span class="faint">+{row.size - 1}</span>}
      </span>
      <Track {...props} />
    </div>
  );
}

function Sign(props: { readonly text: string; readonly isFaint?: boolean; readonly children: string }) {
  const { text, isFaint, children } = props;
  return (
    <span class={isFaint ? 'span-sign is-faint' : 'span-sign'} role="img" aria-label={text} title={text}>
      {children}
    </span>
  );
}

function Track({ row: { span }, zoom, path }: RowProps) {
  const colourOf = useServiceColour();
  const width = zoom.endNs - zoom.startNs || 1;
  const at = (ns: number) => Math.min(100, Math.max(0, ((ns - zoom.startNs) / width) * 100));
  const endNs = span.startNs + span.durationNs;
  const [left, right] = [at(span.startNs), at(endNs)];
  const isOutside = endNs < zoom.startNs || span.startNs > zoom.endNs;
  // Where there is more room: beside the bar, on the left of late ones.
  const isLate = right > 78 && left > 22;
  const label = isLate ? { right: `${100 - left}%` } : { left: right > 78 ? `${left}%` : `${right}%` };
  const events = isOutside ? [] : span.events.slice(0, TICKS_MAX);
  return (
    <span role="gridcell" class="waterfall-track">
      {!isOutside && (
        <i
          class={span.status === 'error' ? 'bar is-error' : 'bar'}
          style={{
            left: `${left}%`,
            width: `${right - left}%`,
            background: colourOf(span.resource.service),
          }}
        />
      )}
      {!isOutside &&
        path?.map(({ startNs, endNs: untilNs }) => {
          const [from, until] = [at(startNs), at(untilNs)];
          return <i key={startNs} class="bar-path" style={{ left: `${from}%`, width: `${until - from}%` }} />;
        })}
      {events.map((event, i) => (
        <i key={i} class="bar-event" title={event.name} style={{ left: `${at(event.atNs)}%` }} />
      ))}
      <span class={right > 78 && !isLate ? 'bar-label is-inside' : 'bar-label'} style={label}>
        {isOutside ? '' : span.hasEnded ? formatNanoseconds(span.durationNs) : 'never ended'}
      </span>
    </span>
  );
}
