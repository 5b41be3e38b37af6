/**
 * Spans over time, one row each, children below their parents. Only the rows in sight are made, so that ten thousand spans are
 * as quick as ten. The keyboard walks along the rows; the picture above shows the whole trace and zooms.
 */

import { useMemo, useRef, useState } from 'preact/hooks';
import { formatCount } from '../../format/number.ts';
import { setParams, usePlace } from '../../location.ts';
import { useBranches } from './branches.ts';
import { findInTrace } from './find-in-trace.ts';
import { Minimap } from './minimap.tsx';
import { openRows, type SpanTree } from './span-tree.ts';
import type { Trace } from './spans.ts';
import { type Stretch, traceAddress, zoomText } from './trace-address.ts';
import { useWaterfallKeys } from './waterfall-keys.ts';
import { WaterfallRows } from './waterfall-rows.tsx';

interface WaterfallProps {
  readonly trace: Trace;
  readonly tree: SpanTree;
  readonly path: ReadonlyMap<number, readonly Stretch[]>;
  readonly chosen: number | undefined;
  onChoose(row: number | undefined): void;
}

export function Waterfall({ trace, tree, path, chosen, onChoose }: WaterfallProps) {
  const address = traceAddress(usePlace().params);
  const zoom = address.zoom ?? { startNs: 0, endNs: trace.durationNs };
  const [find, setFind] = useState(address.find);
  const branches = useBranches(tree, address.depth);
  const rows = useMemo(() => openRows(tree, branches.isClosed), [tree, branches.isClosed]);
  const matches = useMemo(() => findInTrace(tree, find), [tree, find]);
  const findBox = useRef<HTMLInputElement>(null);
  const show = (row: number) => {
    branches.reveal(row);
    onChoose(row);
  };
  const setZoom = (stretch: Stretch | undefined) =>
    setParams({ zoom: stretch && zoomText(stretch, trace.durationNs) }, { replace: true });
  const nextMatch = (step: 1 | -1) => {
    if (matches.length === 0) return;
    const from = chosen ?? -1;
    const next =
      step > 0
        ? (matches.find((row) => row > from) ?? matches[0])
        : (matches.findLast((row) => row < from) ?? matches.at(-1));
    show(next!);
  };
  useWaterfallKeys({ tree, rows, chosen, branches, zoom, setZoom, onChoose, show, nextMatch, findBox });
  return (
    <section class="panel waterfall">
      <div class="row waterfall-tools">
        <div class="waterfall-find">
          <label>
            <span class="faint">Find</span>
            <input
              ref={findBox}
              type="search"
              value={find}
              placeholder="name, service or attribute  ( f )"
              onInput={(event) => setFind(event.currentTarget.value)}
              onChange={() => setParams({ find: find || undefined, uiFind: undefined }, { replace: true })}
              onKeyDown={(event) => event.key === 'Enter' && nextMatch(event.shiftKey ? -1 : 1)}
            />
          </label>
          <span class="faint waterfall-count" role="status">
            {find.trim() !== '' && `${formatCount(matches.length)} found`}
          </span>
          <button
            type="button"
            disabled={matches.length === 0}
            onClick={() => nextMatch(-1)}
            aria-label="Previous match"
          >
            ↑
          </button>
          <button
            type="button"
            disabled={matches.length === 0}
            onClick={() => nextMatch(1)}
            aria-label="Next match"
          >
            ↓
          </button>
        </div>
        <DepthChoice tree={tree} depth={address.depth} onChange={branches.forget} />
        <button
          type="button"
          aria-pressed={address.showsPath}
          title="What the trace waited for"
          onClick={() => setParams({ path: address.showsPath ? 'off' : undefined }, { replace: true })}
        >
          Critical path
        </button>
        <button type="button" disabled={address.zoom === undefined} onClick={() => setZoom(undefined)}>
          Whole time
        </button>
      </div>
      <Minimap tree={tree} durationNs={trace.durationNs} zoom={zoom} onZoom={setZoom} />
      <WaterfallRows
        tree={tree}
        rows={rows}
        zoom={zoom}
        path={address.showsPath ? path : undefined}
        matches={new Set(matches)}
        chosen={chosen}
        onChoose={onChoose}
        isClosed={branches.isClosed}
        onToggle={branches.toggle}
      />
    </section>
  );
}

/** Deeper than this a choice of depths is a long list. */
const DEPTHS_MAX = 8;

function DepthChoice(props: { readonly tree: SpanTree; readonly depth: number; onChange(): void }) {
  const { tree, depth, onChange } = props;
  const depths = Array.from({ length: Math.min(DEPTHS_MAX, tree.depth - 1) }, (_, i) => i);
  const set = (value: string) => {
    onChange();
    setParams({ depth: value || undefined }, { replace: true });
  };
  return (
    <select
      aria-label="Open down to"
      value={Number.isFinite(depth) ? String(depth) : ''}
      onChange={(event) => set(event.currentTarget.value)}
    >
      <option value="">All levels</option>
      {depths.map((level) => (
        <option key={level} value={String(level)}>
          {level === 0 ? 'Roots' : `${level + 1} levels`}
        </option>
      ))}
    </select>
  );
}
