/**
 * What the trace page keeps in its address: the chosen span, the tab, what is looked for, the stretch of time on view, down to
 * which depth the tree is open. Jaeger's `uiFind` and `uiEmbed` are read too.
 */

export type TraceTab = 'spans' | 'table' | 'services' | 'logs' | 'metrics';
export const TABS: readonly TraceTab[] = ['spans', 'table', 'services', 'logs', 'metrics'];

/** In nanoseconds since the trace began. */
export interface Stretch {
  readonly startNs: number;
  readonly endNs: number;
}

export interface TraceAddress {
  readonly span: string | undefined;
  readonly tab: TraceTab;
  readonly find: string;
  readonly zoom: Stretch | undefined;
  /** Spans deeper than this are closed away at first. */
  readonly depth: number;
  readonly showsPath: boolean;
  readonly isEmbedded: boolean;
}

/** Less than this is no stretch to look at. */
const ZOOM_LEAST_NS = 1000;

export function traceAddress(params: URLSearchParams): TraceAddress {
  const tab = params.get('tab') as TraceTab;
  const depth = Number(params.get('depth') ?? Number.NaN);
  return {
    span: params.get('span')?.toLowerCase() || undefined,
    tab: TABS.includes(tab) ? tab : 'spans',
    find: params.get('find') ?? params.get('uiFind') ?? '',
    zoom: zoomOf(params.get('zoom')),
    depth: depth >= 0 ? depth : Number.POSITIVE_INFINITY,
    showsPath: params.get('path') !== 'off',
    isEmbedded: params.has('uiEmbed'),
  };
}

function zoomOf(text: string | null): Stretch | undefined {
  const found = /^(\d+)-(\d+)$/.exec(text ?? '');
  if (!found) return undefined;
  const stretch = { startNs: Number(found[1]), endNs: Number(found[2]) };
  return stretch.endNs - stretch.startNs >= ZOOM_LEAST_NS ? stretch : undefined;
}

/** For the address; undefined for the whole trace, or for too little of it. */
export function zoomText({ startNs, endNs }: Stretch, durationNs: number): string | undefined {
  const start = Math.max(0, Math.round(startNs));
  const end = Math.min(Math.ceil(durationNs), Math.round(endNs));
  if ((start === 0 && end >= durationNs) || end - start < ZOOM_LEAST_NS) return undefined;
  return `${start}-${end}`;
}

/** Round moments of a stretch, for a ruler: about as many as `count`, ends not among them. */
export function rulerTicks({ startNs, endNs }: Stretch, count: number): number[] {
  const least = (endNs - startNs) / count;
  if (!(least > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= least)!;
  const ticks: number[] = [];
  for (let at = Math.ceil(startNs / step) * step; at < endNs; at += step) if (at > startNs) ticks.push(at);
  return ticks;
}
