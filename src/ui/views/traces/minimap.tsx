/** The whole trace in small, a line for every span; drawing a stretch zooms to it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { useServiceColour } from '../../parts/swatch.tsx';
import { shownTheme } from '../../shell/theme.ts';
import { useStore } from '../../store.ts';
import type { SpanTree } from './span-tree.ts';
import type { Stretch } from './trace-address.ts';

const HEIGHT_PX = 56;
/** Movements shorter than this are clicks. */
const ZOOM_LEAST_PX = 4;
/** Lines are never thicker, however few spans there are. */
const LINE_MAX_PX = 6;
/** The beginning of a span that failed. */
const ERROR_PX = 5;

export function Minimap(props: {
  readonly tree: SpanTree;
  readonly durationNs: number;
  readonly zoom: Stretch;
  onZoom(stretch: Stretch | undefined): void;
}) {
  const { tree, durationNs, zoom, onZoom } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(shownTheme);
  const colourOf = useServiceColour();
  const [drawn, setDrawn] = useState<readonly [from: number, to: number]>();
  useEffect(() => {
    const element = canvas.current!;
    const redraw = () => draw(element, tree, durationNs, colourOf);
    const resized = new ResizeObserver(redraw);
    resized.observe(element);
    redraw();
    return () => resized.disconnect();
  }, [tree, durationNs, theme]);
  const xOf = (event: PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const finish = (event: PointerEvent) => {
    if (!drawn) return;
    setDrawn(undefined);
    const [from, to] = [Math.min(drawn[0], xOf(event)), Math.max(drawn[0], xOf(event))];
    const isClick = (to - from) * box.current!.clientWidth < ZOOM_LEAST_PX;
    onZoom(isClick ? undefined : { startNs: from * durationNs, endNs: to * durationNs });
  };
  const shown = drawn
    ? [Math.min(...drawn), Math.max(...drawn)]
    : [zoom.startNs / (durationNs || 1), durationNs === 0 ? 1 : zoom.endNs / durationNs];
  return (
    <div
      class="minimap"
      ref={box}
      title="Draw a stretch to zoom, click for the whole time"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrawn([xOf(event), xOf(event)]);
      }}
      onPointerMove={(event) => drawn && setDrawn([drawn[0], xOf(event)])}
      onPointerUp={finish}
      onPointerCancel={() => setDrawn(undefined)}
    >
      <canvas ref={canvas} height={HEIGHT_PX} />
      <i class="minimap-shade" style={{ left: 0, width: `${shown[0]! * 100}%` }} />
      <i class="minimap-shade" style={{ left: `${shown[1]! * 100}%`, right: 0 }} />
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  { rows }: SpanTree,
  durationNs: number,
  colourOf: (service: string) => string,
): void {
  const width = canvas.parentElement!.clientWidth;
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = HEIGHT_PX * ratio;
  const pen = canvas.getContext('2d')!;
  pen.scale(ratio, ratio);
  const fault = getComputedStyle(canvas).getPropertyValue('color');
  const room = HEIGHT_PX / rows.length;
  const thickness = Math.min(LINE_MAX_PX, Math.max(1, room * 0.7));
  rows.forEach(({ span }, i) => {
    const x = Math.min(width - 1, (span.startNs / (durationNs || 1)) * width);
    const y = i * room + (room - thickness) / 2;
    const length = Math.max(1, (span.durationNs / (durationNs || 1)) * width);
    pen.fillStyle = colourOf(span.resource.service);
    pen.fillRect(x, y, length, thickness);
    if (span.status !== 'error') return;
    pen.fillStyle = fault;
    pen.fillRect(x, y, Math.min(length, ERROR_PX), thickness);
  });
}
