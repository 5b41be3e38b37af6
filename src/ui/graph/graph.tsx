/**
 * A graph of series over time, drawn by uPlot: lines, stacked areas or bars. Drawing a stretch zooms, pointing shows the
 * values, marks stand for single moments (exemplars).
 */

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { shownTheme } from '../shell/theme.ts';
import { useStore } from '../store.ts';
import type { Bounds } from '../time/range.ts';
import { bringOut } from './bring-out.ts';
import { inkOf } from './ink.ts';
import { nearestSeries } from './nearest-series.ts';
import { colourOf } from './palette.ts';
import { stacked } from './stacked.ts';
import { TIME_LABEL_PX, timeLabels } from './time-axis.ts';
import { tooltip } from './tooltip.ts';
import { valueLabels } from './value-axis.ts';

export interface GraphSeries {
  readonly name: string;
  /** One per moment of the graph; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly colour?: string;
}

/** Something that happened at one moment, with a value. */
export interface Mark {
  readonly atMs: number;
  readonly value: number;
  readonly title: string;
  onClick?(): void;
}

export interface GraphProps extends Bounds {
  /** For screen readers: what is shown. */
  readonly label: string;
  readonly timesMs: readonly number[];
  readonly series: readonly GraphSeries[];
  readonly kind: 'lines' | 'stacked' | 'bars';
  readonly marks?: readonly Mark[];
  readonly heightPx?: number;
  readonly format?: (value: number) => string;
  /** The series to be seen before the others, by its place. */
  readonly highlighted?: number | undefined;
  /** Where the y axis of lines begins at most; by the values where it is undefined. */
  readonly yMin?: number | undefined;
  /** Of lines: the y axis grows by factors, and shows what is above zero. */
  readonly isLogarithmic?: boolean;
  onZoom?(bounds: Bounds): void;
  /** A click on the graph: the moment, and the series that was nearest. */
  onPick?(atMs: number, series: number | undefined): void;
}

const HEIGHT_PX = 260;
/** Movements shorter than this are clicks. */
const ZOOM_LEAST_PX = 6;
const MARK_PX = 9;
/** With more series than this a point on each line at the pointer is neither quick nor legible. */
const POINTED_MAX = 40;

export function Graph(props: GraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const theme = useStore(shownTheme);
  const { timesMs, series, kind, startMs, endMs, heightPx, highlighted, marks, yMin, isLogarithmic } = props;
  useEffect(() => {
    const parent = box.current!;
    const plot = new uPlot(options(latest.current, latest, parent), data(latest.current), parent);
    drawn.current = plot;
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: parent.clientWidth, height: latest.current.heightPx ?? HEIGHT_PX }),
    );
    resized.observe(parent);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [timesMs, series, kind, startMs, endMs, heightPx, marks, yMin, isLogarithmic, theme]);
  useEffect(() => {
    if (drawn.current) bringOut(drawn.current, latest.current, highlighted);
  });
  return <div class="graph" role="img" aria-label={props.label} ref={box} />;
}

function data({ timesMs, series, kind, isLogarithmic }: GraphProps): uPlot.AlignedData {
  const values = series.map((one) => one.values);
  const drawn =
    kind !== 'lines'
      ? stacked(values)
      : isLogarithmic
        ? values.map((column) => column.map((value) => (value !== null && value > 0 ? value : null)))
        : values;
  return [timesMs, ...drawn] as unknown as uPlot.AlignedData;
}

type Latest = { readonly current: GraphProps };

function options(props: GraphProps, latest: Latest, parent: HTMLElement): uPlot.Options {
  const { startMs, endMs, heightPx, format, kind, series } = props;
  const grid = { stroke: inkOf(parent, '--line'), width: 1 };
  const font = `11px ${getComputedStyle(parent).fontFamily}`;
  const axis = { stroke: inkOf(parent, '--faint'), grid, ticks: grid, font };
  return {
    width: parent.clientWidth || 600,
    height: heightPx ?? HEIGHT_PX,
    ms: 1,
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false },
      points: { show: kind === 'lines' && series.length <= POINTED_MAX },
    },
    scales: { x: { time: true, range: () => [startMs, endMs] }, y: yScale(props) },
    axes: [
      { ...axis, space: TIME_LABEL_PX, values: timeLabels },
      {
        ...axis,
        size: 64,
        values: (_, splits, _axis, _space, step) =>
          format ? splits.map((value) => format(value)) : valueLabels(splits, step),
      },
    ],
    series: [{}, ...series.map((one, i) => drawnSeries(one, i, props))],
    hooks: {
      setSelect: [(plot) => zoomed(plot, latest)],
      draw: [(plot) => drawMarks(plot, latest.current.marks ?? [])],
      ready: [(plot) => clickable(plot, latest)],
    },
    plugins: [tooltip(() => latest.current)],
  };
}

function yScale({ kind, yMin, isLogarithmic }: GraphProps): uPlot.Scale {
  // Bars and areas stand on the ground.
  if (kind !== 'lines') return { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] };
  if (isLogarithmic) return { distr: 3 };
  if (yMin === undefined) return {};
  return {
    range: (_, min, max) => [
      Math.min(yMin, min ?? yMin),
      uPlot.rangeNum(yMin, Math.max(max ?? 1, yMin), 0.1, true)[1]!,
    ],
  };
}

function drawnSeries({ name, colour }: GraphSeries, index: number, { kind }: GraphProps): uPlot.Series {
  const ink = colour ?? colourOf(index);
  const base: uPlot.Series = { label: name, stroke: ink, width: 1.5 };
  if (kind === 'lines') return { ...base, spanGaps: false };
  const fill = kind === 'bars' ? ink : `${ink}55`;
  if (kind === 'stacked') return { ...base, fill };
  return {
    ...base,
    width: 0,
    fill,
    paths: uPlot.paths.bars!({ size: [0.9, 60], align: 1 }),
    points: { show: false },
  };
}

function zoomed(plot: uPlot, { current }: Latest): void {
  const { left, width } = plot.select;
  if (width < ZOOM_LEAST_PX) return;
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  current.onZoom?.({ startMs: plot.posToVal(left, 'x'), endMs: plot.posToVal(left + width, 'x') });
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = colourOf(4);
  for (const mark of marks) {
    const [x, y] = placeOf(plot, mark).map((css) => css * devicePixelRatio) as [number, number];
    const half = (MARK_PX / 2) * devicePixelRatio;
    if (x < 0 || x > plot.bbox.width) continue;
    const [left, top] = [plot.bbox.left + x, plot.bbox.top + y];
    ctx.beginPath();
    ctx.moveTo(left, top - half);
    ctx.lineTo(left + half, top);
    ctx.lineTo(left, top + half);
    ctx.lineTo(left - half, top);
    ctx.fill();
  }
  ctx.restore();
}

/** Of a mark within the plot; one whose value lies outside stands at the edge. */
function placeOf(plot: uPlot, { atMs, value }: Mark): readonly [x: number, y: number] {
  const y = plot.valToPos(value, 'y');
  const height = plot.over.clientHeight;
  const edge = Number.isFinite(y) ? Math.min(Math.max(y, 0), height) : height;
  return [plot.valToPos(atMs, 'x'), edge];
}

/** A click goes to the mark under it, or tells the moment and the nearest series. */
function clickable(plot: uPlot, latest: Latest): void {
  plot.over.addEventListener('click', (event) => {
    const { offsetX, offsetY } = event;
    const near = (mark: Mark) => {
      const [x, y] = placeOf(plot, mark);
      return Math.hypot(x - offsetX, y - offsetY);
    };
    const mark = latest.current.marks?.find((one) => near(one) <= MARK_PX);
    if (mark?.onClick) mark.onClick();
    else latest.current.onPick?.(plot.posToVal(offsetX, 'x'), nearestSeries(plot, offsetY));
  });
}
