/** The values at the moment that is pointed at, the largest first, the nearest series marked. */

import type uPlot from 'uplot';
import { formatNumber } from '../format/number.ts';
import { formatMoment } from '../format/time.ts';
import type { GraphProps } from './graph.tsx';
import { nearestSeries } from './nearest-series.ts';
import { colourOf } from './palette.ts';

/** More lines hide the graph. */
const LINES_MAX = 12;
const OFFSET_PX = 14;

export function tooltip(props: () => GraphProps): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'graph-tooltip';
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => {
        plot.over.append(box);
        plot.over.addEventListener('mouseleave', () => {
          box.hidden = true;
        });
      },
      setCursor: (plot) => {
        const { idx, left = 0, top = 0 } = plot.cursor;
        const atMs = idx == null ? undefined : props().timesMs[idx];
        box.hidden = atMs === undefined || left < 0;
        if (box.hidden) return;
        box.replaceChildren(...lines(props(), idx!, atMs!, top, plot));
        const isRight = left > plot.over.clientWidth / 2;
        box.style.left = isRight ? 'auto' : `${left + OFFSET_PX}px`;
        box.style.right = isRight ? `${plot.over.clientWidth - left + OFFSET_PX}px` : 'auto';
        box.style.top = '0';
      },
    },
  };
}

function lines(props: GraphProps, index: number, atMs: number, top: number, plot: uPlot): HTMLElement[] {
  const { series, format = formatNumber } = props;
  const shown = series
    .map((one, i) => ({ one, i, value: one.values[index] ?? null }))
    .filter((line): line is typeof line & { value: number } => line.value !== null)
    .sort((a, b) => b.value - a.value);
  const nearest = nearestSeries(plot, top);
  const head = element('div', 'graph-tooltip-time', formatMoment(atMs));
  const rows = shown.slice(0, LINES_MAX).map(({ one, i, value }) => {
    const row = element('div', i === nearest ? 'graph-tooltip-row is-nearest' : 'graph-tooltip-row');
    const swatch = element('i', 'swatch');
    swatch.style.background = one.colour ?? colourOf(i);
    row.append(swatch, element('span', 'graph-tooltip-name', one.name), element('b', '', format(value)));
    return row;
  });
  const rest = shown.length - LINES_MAX;
  return rest > 0
    ? [head, ...rows, element('div', 'graph-tooltip-time', `and ${rest} more`)]
    : [head, ...rows];
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
