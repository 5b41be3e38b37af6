/**
 * A heatmap: time to the right, buckets upwards, as much colour as there were observations. Drawing a stretch zooms, pointing
 * at a cell tells its bounds and count.
 */

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { inkOf } from '../../graph/ink.ts';
import { timeLabels } from '../../graph/time-axis.ts';
import { shownTheme } from '../../shell/theme.ts';
import { useStore } from '../../store.ts';
import { type Bounds, stepFor } from '../../time/range.ts';
import type { GraphData } from './graph-data.ts';
import type { HeatCells, HeatRow } from './heat-cells.ts';

const HEIGHT_PX = 260;
const LEFT_PX = 64;
const BOTTOM_PX = 34;
/** Between the texts at the axes. */
const ROW_LABEL_PX = 22;
const TIME_LABELS_PX = 110;
/** Movements shorter than this are clicks. */
const ZOOM_LEAST_PX = 6;

interface HeatmapProps {
  readonly cells: HeatCells;
  readonly data: GraphData;
  readonly bounds: Bounds;
  readonly label: string;
  onZoom(bounds: Bounds): void;
}

interface Drag {
  readonly from: number;
  readonly to: number;
}

export function Heatmap(props: HeatmapProps) {
  const { cells, data, bounds, label, onZoom } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(shownTheme);
  const [pointed, setPointed] = useState<string>();
  const [drag, setDrag] = useState<Drag>();
  useEffect(() => {
    const paint = () => draw(canvas.current!, props);
    const resized = new ResizeObserver(paint);
    resized.observe(canvas.current!);
    return () => resized.disconnect();
  }, [cells, data, bounds.startMs, bounds.endMs, theme]);
  const timeAt = (x: number) => {
    const width = canvas.current!.clientWidth - LEFT_PX;
    return bounds.startMs + ((x - LEFT_PX) / width) * (bounds.endMs - bounds.startMs);
  };
  const point = ({ offsetX, offsetY }: MouseEvent) => {
    if (drag) setDrag({ ...drag, to: offsetX });
    setPointed(described(timeAt(offsetX), offsetY, props));
  };
  const release = () => {
    if (drag && Math.abs(drag.to - drag.from) >= ZOOM_LEAST_PX) {
      const [left, right] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      onZoom({ startMs: timeAt(Math.max(left, LEFT_PX)), endMs: timeAt(right) });
    }
    setDrag(undefined);
  };
  return (
    <div class="heatmap">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Heatmap of ${label}`}
        style={{ height: `${HEIGHT_PX}px` }}
        onMouseMove={point}
        onMouseDown={({ offsetX }) => setDrag({ from: offsetX, to: offsetX })}
        onMouseUp={release}
        onMouseLeave={() => {
          setPointed(undefined);
          setDrag(undefined);
        }}
      />
      {drag && (
        <i
          class="heatmap-drag"
          style={{ left: `${Math.min(drag.from, drag.to)}px`, width: `${Math.abs(drag.to - drag.from)}px` }}
        />
      )}
      <p class="faint heatmap-cell">{pointed ?? `At most ${formatNumber(cells.max)} in a cell`}</p>
    </div>
  );
}

function described(atMs: number, y: number, { cells, data }: HeatmapProps): string | undefined {
  const { grid } = data;
  const step = Math.round((atMs - grid.startMs) / grid.stepMs);
  const height = (HEIGHT_PX - BOTTOM_PX) / cells.rows.length;
  const row = cells.rows[cells.rows.length - 1 - Math.floor(y / height)];
  const count = row?.counts[step];
  if (!row || count === undefined) return undefined;
  return `${formatNumber(count)} in ${boundsText(row)} at ${formatMoment(data.timesMs[step]!)}`;
}

function boundsText({ lower, upper }: HeatRow): string {
  return `${formatNumber(lower)} … ${formatNumber(upper)}`;
}

function draw(canvas: HTMLCanvasElement, { cells, data, bounds }: HeatmapProps): void {
  const { clientWidth: width } = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = HEIGHT_PX * devicePixelRatio;
  const ctx = canvas.getContext('2d')!;
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const x = (ms: number) =>
    LEFT_PX + ((ms - bounds.startMs) / (bounds.endMs - bounds.startMs)) * (width - LEFT_PX);
  const { stepMs } = data.grid;
  const rowHeight = (HEIGHT_PX - BOTTOM_PX) / cells.rows.length;
  ctx.fillStyle = inkOf(canvas.parentElement!, '--accent');
  for (const [i, { counts }] of cells.rows.entries()) {
    const top = HEIGHT_PX - BOTTOM_PX - (i + 1) * rowHeight;
    for (let at = 0; at < counts.length; at++) {
      if (!(counts[at]! > 0)) continue;
      // By the root, so that what is rare is seen beside what is frequent.
      ctx.globalAlpha = 0.08 + 0.92 * Math.sqrt(counts[at]! / cells.max);
      // Whole pixels leave no seams.
      const left = Math.max(LEFT_PX, Math.round(x(data.timesMs[at]! - stepMs / 2)));
      const right = Math.min(width, Math.round(x(data.timesMs[at]! + stepMs / 2)));
      if (right > left)
        ctx.fillRect(left, Math.round(top), right - left, Math.round(top + rowHeight) - Math.round(top));
    }
  }
  ctx.globalAlpha = 1;
  drawAxes(canvas, ctx, x, rowHeight, width, cells, bounds);
}

function drawAxes(
  canvas: HTMLCanvasElement,
  ctx: CanvasRenderingContext2D,
  x: (ms: number) => number,
  rowHeight: number,
  width: number,
  { rows }: HeatCells,
  bounds: Bounds,
): void {
  ctx.fillStyle = inkOf(canvas.parentElement!, '--faint');
  ctx.font = `11px ${getComputedStyle(canvas).fontFamily}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  const every = Math.max(1, Math.ceil(ROW_LABEL_PX / rowHeight));
  for (let i = 0; i < rows.length; i += every) {
    const top = HEIGHT_PX - BOTTOM_PX - (i + 1) * rowHeight;
    ctx.fillText(formatNumber(rows[i]!.upper), LEFT_PX - 6, Math.max(7, top));
  }
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  const stepMs = stepFor(bounds, Math.max(1, (width - LEFT_PX) / TIME_LABELS_PX));
  const moments: number[] = [];
  for (let ms = Math.ceil(bounds.startMs / stepMs) * stepMs; ms <= bounds.endMs; ms += stepMs)
    moments.push(ms);
  for (const [i, text] of timeLabels(undefined, moments, 0, 0, stepMs).entries()) {
    for (const [line, part] of text.split('\n').entries())
      ctx.fillText(part, x(moments[i]!), HEIGHT_PX - BOTTOM_PX + 6 + line * 13);
  }
}
