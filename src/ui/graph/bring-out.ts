/**
 * Brings one series of a graph out: a veil over the others, and the series above it. What was drawn stays as it is, so that
 * it costs the same with a thousand series as with two.
 */

import type uPlot from 'uplot';
import type { GraphProps } from './graph.tsx';
import { inkOf } from './ink.ts';
import { colourOf } from './palette.ts';

/** How much of the ground's colour lies over the other series. */
const VEIL_ALPHA = 0.8;
const LINE_PX = 2.5;
/** Of the room between two moments. */
const BAR_PART = 0.9;

/** `index` is the series' place in the graph; undefined for none. */
export function bringOut(plot: uPlot, { series, kind }: GraphProps, index: number | undefined): void {
  const known = plot.over.querySelector<HTMLCanvasElement>('canvas');
  const one = index === undefined ? undefined : series[index];
  if (index === undefined || !one) {
    known?.remove();
    return;
  }
  const veil = known ?? document.createElement('canvas');
  veil.className = 'graph-veil';
  plot.over.prepend(veil);
  const { clientWidth: width, clientHeight: height } = plot.over;
  veil.width = width * devicePixelRatio;
  veil.height = height * devicePixelRatio;
  const ctx = veil.getContext('2d')!;
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.globalAlpha = VEIL_ALPHA;
  ctx.fillStyle = inkOf(plot.over, '--surface');
  ctx.fillRect(0, 0, width, height);
  ctx.globalAlpha = 1;
  ctx.fillStyle = ctx.strokeStyle = one.colour ?? colourOf(index);
  ctx.lineWidth = LINE_PX;
  if (kind === 'bars') bars(ctx, plot, index);
  else line(ctx, plot, index);
}

function line(ctx: CanvasRenderingContext2D, plot: uPlot, index: number): void {
  const [times, values] = [plot.data[0], plot.data[index + 1]!];
  ctx.beginPath();
  let isOpen = false;
  for (let at = 0; at < times.length; at++) {
    const value = values[at];
    if (value == null) {
      isOpen = false;
      continue;
    }
    const [x, y] = [plot.valToPos(times[at]!, 'x'), plot.valToPos(value, 'y')];
    if (isOpen) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    // A moment by itself is a dot.
    if (!isOpen && values[at + 1] == null) ctx.fillRect(x - LINE_PX / 2, y - LINE_PX / 2, LINE_PX, LINE_PX);
    isOpen = true;
  }
  ctx.stroke();
}

/** Each from the top of those below it to its own. */
function bars(ctx: CanvasRenderingContext2D, plot: uPlot, index: number): void {
  const times = plot.data[0];
  const step = times.length > 1 ? plot.valToPos(times[1]!, 'x') - plot.valToPos(times[0]!, 'x') : LINE_PX;
  for (let at = 0; at < times.length; at++) {
    const value = plot.data[index + 1]![at];
    if (value == null) continue;
    const below = plot.data.slice(index + 2).find((values) => values[at] != null)?.[at] ?? 0;
    const top = plot.valToPos(value, 'y');
    ctx.fillRect(plot.valToPos(times[at]!, 'x'), top, step * BAR_PART, plot.valToPos(below, 'y') - top);
  }
}
