/** The rows of the waterfall: only those in sight are made. */
// biome-ignore-all lint/a11y/useSemanticElements: rows stand where they are put; a table's own elements would lay themselves out
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and names the row that is meant

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNanoseconds } from '../../format/number.ts';
import type { SpanTree, TreeSpan } from './span-tree.ts';
import { rulerTicks, type Stretch } from './trace-address.ts';
import { ROW_PX, WaterfallRow } from './waterfall-row.tsx';

/** Rows beyond the edges, so that scrolling shows no gaps. */
const OVERSCAN = 12;

interface RowsProps {
  readonly tree: SpanTree;
  readonly rows: readonly number[];
  readonly zoom: Stretch;
  readonly path: ReadonlyMap<number, readonly Stretch[]> | undefined;
  readonly matches: ReadonlySet<number>;
  readonly chosen: number | undefined;
  onChoose(row: number): void;
  readonly isClosed: (row: TreeSpan) => boolean;
  onToggle(row: TreeSpan): void;
}

export function WaterfallRows(props: RowsProps) {
  const { tree, rows, zoom, path, matches, chosen, onChoose, isClosed, onToggle } = props;
  const box = useRef<HTMLDivElement>(null);
  const { first, last } = useSight(box, rows.length);
  useEffect(() => {
    const at = chosen === undefined ? -1 : rows.indexOf(chosen);
    const { current } = box;
    if (at < 0 || !current) return;
    const [top, bottom] = [at * ROW_PX, (at + 2) * ROW_PX];
    if (top < current.scrollTop) current.scrollTop = top;
    else if (bottom > current.scrollTop + current.clientHeight)
      current.scrollTop = bottom - current.clientHeight;
  }, [chosen, rows]);
  const isInSight = chosen !== undefined && rows.slice(first, last).includes(chosen);
  return (
    <div
      class="waterfall-rows"
      ref={box}
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={isInSight ? `span-${chosen}` : undefined}
      tabIndex={0}
    >
      <div role="row" class="waterfall-head" aria-rowindex={1}>
        <span role="columnheader">Service and operation</span>
        <span role="columnheader" class="waterfall-ruler">
          <span class="hidden-text">Time</span>
          {rulerTicks(zoom, 5).map((at) => (
            <i key={at} style={{ left: `${percent(at, zoom)}%` }}>
              {formatNanoseconds(at)}
            </i>
          ))}
        </span>
      </div>
      <div role="rowgroup" class="waterfall-body" style={{ height: `${rows.length * ROW_PX}px` }}>
        {rows.slice(first, last).map((index, i) => (
          <WaterfallRow
            key={index}
            row={tree.rows[index]!}
            place={first + i}
            zoom={zoom}
            path={path?.get(index)}
            isMatch={matches.has(index)}
            isChosen={index === chosen}
            isClosed={isClosed(tree.rows[index]!)}
            onChoose={onChoose}
            onToggle={onToggle}
          />
        ))}
      </div>
    </div>
  );
}

function percent(atNs: number, { startNs, endNs }: Stretch): number {
  return ((atNs - startNs) / (endNs - startNs)) * 100;
}

/** Which rows are in sight. */
function useSight(box: { readonly current: HTMLElement | null }, count: number) {
  const [sight, setSight] = useState({ first: 0, last: 60 });
  useEffect(() => {
    const element = box.current!;
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / ROW_PX) - OVERSCAN);
      const last = Math.ceil((element.scrollTop + element.clientHeight) / ROW_PX) + OVERSCAN;
      setSight((now) => (now.first === first && now.last === last ? now : { first, last }));
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, []);
  return { first: Math.min(sight.first, count), last: Math.min(sight.last, count) };
}
