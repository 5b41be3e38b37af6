/** What the keyboard does in the waterfall. */

import { useRef, useState } from 'preact/hooks';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import type { Branches } from './branches.ts';
import type { SpanTree } from './span-tree.ts';
import type { Stretch } from './trace-address.ts';

/** What a zoom by key leaves of the stretch on view. */
const ZOOM_STEP = 0.5;

export interface KeyedState {
  readonly tree: SpanTree;
  readonly rows: readonly number[];
  readonly chosen: number | undefined;
  readonly branches: Branches;
  readonly zoom: Stretch;
  setZoom(stretch: Stretch | undefined): void;
  onChoose(row: number | undefined): void;
  show(row: number): void;
  nextMatch(step: 1 | -1): void;
  readonly findBox: { readonly current: HTMLInputElement | null };
}

export function useWaterfallKeys(state: KeyedState): void {
  const latest = useRef(state);
  latest.current = state;
  const [actions] = useState(() => waterfallKeys(latest));
  useKeys(actions);
}

function waterfallKeys(latest: { readonly current: KeyedState }): readonly KeyAction[] {
  const move = (step: number) => {
    const { rows, chosen, onChoose } = latest.current;
    const at = chosen === undefined ? -1 : rows.indexOf(chosen);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    if (next !== undefined) onChoose(next);
  };
  /** Opens or closes; where there is nothing to do it goes down or up. */
  const turn = (isOpening: boolean) => {
    const { tree, chosen, branches, onChoose } = latest.current;
    const row = chosen === undefined ? undefined : tree.rows[chosen];
    if (!row) return move(0);
    if (row.childCount > 0 && branches.isClosed(row) === isOpening) branches.toggle(row);
    else if (isOpening && row.childCount > 0) move(1);
    else if (!isOpening && row.parent >= 0) onChoose(row.parent);
  };
  const zoomBy = (factor: number) => {
    const { zoom, setZoom, tree, chosen } = latest.current;
    const span = chosen === undefined ? undefined : tree.rows[chosen]!.span;
    const middle = span ? span.startNs + span.durationNs / 2 : (zoom.startNs + zoom.endNs) / 2;
    const half = ((zoom.endNs - zoom.startNs) * factor) / 2;
    setZoom({ startNs: middle - half, endNs: middle + half });
  };
  const zoomToSpan = () => {
    const { setZoom, tree, chosen } = latest.current;
    const span = chosen === undefined ? undefined : tree.rows[chosen]!.span;
    if (span) setZoom({ startNs: span.startNs, endNs: span.startNs + span.durationNs });
  };
  return [
    { keys: 'j', what: 'Next span', run: () => move(1) },
    { keys: 'k', what: 'Span before', run: () => move(-1) },
    { keys: 'ArrowDown', what: 'Next span', run: () => move(1) },
    { keys: 'ArrowUp', what: 'Span before', run: () => move(-1) },
    { keys: 'ArrowRight', what: 'Open a span, or go to its first child', run: () => turn(true) },
    { keys: 'ArrowLeft', what: 'Close a span, or go to its parent', run: () => turn(false) },
    { keys: 'f', what: 'Find within the trace', run: () => latest.current.findBox.current?.focus() },
    { keys: 'n', what: 'Next match', run: () => latest.current.nextMatch(1) },
    { keys: 'N', what: 'Match before', run: () => latest.current.nextMatch(-1) },
    { keys: 'z', what: 'Zoom to the span', run: zoomToSpan },
    { keys: '+', what: 'Zoom in', run: () => zoomBy(ZOOM_STEP) },
    { keys: '-', what: 'Zoom out', run: () => zoomBy(1 / ZOOM_STEP) },
    { keys: '0', what: 'The whole time', run: () => latest.current.setZoom(undefined) },
    { keys: 'x', what: 'Close the span', run: () => latest.current.onChoose(undefined) },
  ];
}
