/**
 * Panels as the address has them, under Prometheus' names (`g0.expr`, `g0.tab`, …), so that its links and bookmarks open the
 * same here: those of its classic page and of version 3. What it says about time per panel is the range of the whole page here.
 */

import { formatDuration, parseDuration } from '../../../model/duration.ts';
import type { TimeRange } from '../../time/range.ts';

export type Tab = 'graph' | 'table' | 'explain';
export type DisplayMode = 'lines' | 'stacked' | 'heatmap';
export type Density = 'low' | 'medium' | 'high';

export interface Panel {
  readonly expr: string;
  readonly tab: Tab;
  readonly mode: DisplayMode;
  /** Between steps: of its own choice, or fixed. */
  readonly resolution: Density | number;
  readonly showsExemplars: boolean;
  /** Where the y axis begins; by the values where it is undefined. */
  readonly yMin: number | undefined;
  readonly isLogarithmic: boolean;
  /** The table has a column for each label. */
  readonly hasColumns: boolean;
  readonly isClosed: boolean;
}

export const NEW_PANEL: Panel = {
  expr: '',
  tab: 'graph',
  mode: 'lines',
  resolution: 'medium',
  showsExemplars: false,
  yMin: undefined,
  isLogarithmic: false,
  hasColumns: false,
  isClosed: false,
};

/** What Prometheus shows for an hour where a link does not say how long. */
const DEFAULT_RANGE_MS = 3_600_000;
const PANEL_PARAM = /^g\d+\./;

/** At least one. */
export function panelsOf(params: URLSearchParams): readonly Panel[] {
  const panels: Panel[] = [];
  while (params.has(`g${panels.length}.expr`)) panels.push(panelAt(params, panels.length));
  return panels.length === 0 ? [NEW_PANEL] : panels;
}

function panelAt(params: URLSearchParams, index: number): Panel {
  const get = (name: string) => params.get(`g${index}.${name}`) ?? undefined;
  const mode = get('display_mode');
  const yMin = Number.parseFloat(get('y_axis_min') ?? '');
  return {
    expr: get('expr')!,
    tab: tabOf(get('tab')),
    mode: mode === 'stacked' || mode === 'heatmap' ? mode : get('stacked') === '1' ? 'stacked' : 'lines',
    resolution: resolutionOf(get),
    showsExemplars: get('show_exemplars') === '1',
    yMin: Number.isFinite(yMin) ? yMin : undefined,
    isLogarithmic: get('y_scale') === 'log',
    hasColumns: get('columns') === '1',
    isClosed: get('closed') === '1',
  };
}

/** The classic page numbers its tabs; without a word both show the table. */
function tabOf(text: string | undefined): Tab {
  if (text === '0' || text === 'graph') return 'graph';
  return text === 'explain' ? 'explain' : 'table';
}

function resolutionOf(get: (name: string) => string | undefined): Density | number {
  const type = get('res_type');
  if (type === 'auto') {
    const density = get('res_density');
    return density === 'low' || density === 'high' ? density : 'medium';
  }
  const seconds = Number.parseFloat(get(type === undefined ? 'step_input' : 'res_step') ?? '');
  return seconds > 0 ? seconds * 1000 : 'medium';
}

/** The parameters with these panels in the place of what they had of panels. */
export function withPanels(params: URLSearchParams, panels: readonly Panel[]): URLSearchParams {
  const out = new URLSearchParams([...params].filter(([name]) => !PANEL_PARAM.test(name)));
  for (const [i, panel] of panels.entries()) {
    const put = (name: string, value: string, isSaid = true) => isSaid && out.set(`g${i}.${name}`, value);
    put('expr', panel.expr);
    put('tab', panel.tab);
    put('display_mode', panel.mode, panel.mode !== 'lines');
    const { resolution } = panel;
    const isFixed = typeof resolution === 'number';
    put('res_type', isFixed ? 'fixed' : 'auto', resolution !== 'medium');
    if (isFixed) put('res_step', String(resolution / 1000));
    else put('res_density', resolution, resolution !== 'medium');
    put('show_exemplars', '1', panel.showsExemplars);
    put('y_axis_min', String(panel.yMin), panel.yMin !== undefined);
    put('y_scale', 'log', panel.isLogarithmic);
    put('columns', '1', panel.hasColumns);
    put('closed', '1', panel.isClosed);
  }
  return out;
}

/**
 * The range that Prometheus' parameters of the first panel that has some mean; undefined where there are none, or where
 * the address has a range of its own.
 */
export function rangeOfPanels(params: URLSearchParams): TimeRange | undefined {
  if (params.has('from') || params.has('to')) return undefined;
  for (let i = 0; params.has(`g${i}.expr`); i++) {
    const rangeMs = durationOf(params.get(`g${i}.range_input`));
    const endMs = momentOf(params.get(`g${i}.end_input`) ?? params.get(`g${i}.moment_input`));
    if (endMs !== undefined) {
      return { from: String(endMs - (rangeMs ?? DEFAULT_RANGE_MS)), to: String(endMs) };
    }
    if (rangeMs !== undefined) return { from: `now-${formatDuration(rangeMs)}`, to: 'now' };
  }
  return undefined;
}

function durationOf(text: string | null): number | undefined {
  try {
    const ms = parseDuration(text ?? '');
    return ms > 0 ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** `2026-01-31 12:00` with or without seconds, in UTC. */
function momentOf(text: string | null): number | undefined {
  const given = (text ?? '').trim().replace(' ', 'T');
  if (given === '') return undefined;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(given);
  const ms = Date.parse(hasZone ? given : /T/.test(given) ? `${given}Z` : given);
  return Number.isNaN(ms) ? undefined : ms;
}
