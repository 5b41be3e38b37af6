/**
 * Panels, one function for a kind. A panel is a title, a description that says what is seen and what it is worth, queries,
 * and what differs from the kind's usual look.
 */

import type { DataLink, FieldOverride, FieldSettings, Panel, Target, Threshold } from './json-model.ts';
import type { UnnamedTarget } from './targets.ts';

/** A panel before its dashboard has given it a number and a place. */
export interface UnplacedPanel {
  /** Of the 24 columns. */
  readonly width: number;
  /** In units of 30 pixels. */
  readonly height: number;
  readonly content: Omit<Panel, 'id' | 'gridPos'>;
}

export interface PanelText {
  readonly title: string;
  readonly description: string;
}

export interface PanelLook {
  readonly width?: number;
  readonly height?: number;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
  /** Shown where there is no value. */
  readonly noValue?: string;
  /** Colours from a value on, after green. */
  readonly thresholds?: readonly (readonly [value: number, color: 'yellow' | 'orange' | 'red'])[];
  readonly links?: readonly DataLink[];
  /** Words and colours in place of values. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  readonly overrides?: readonly FieldOverride[];
  readonly transformations?: readonly unknown[];
}

const REF_IDS = 'ABCDEFGHIJ';
const CHART_HEIGHT = 8;
const STAT_HEIGHT = 4;

function named(targets: readonly UnnamedTarget[]): Target[] {
  return targets.map((target, i) => ({ ...target, refId: REF_IDS[i]! }));
}

function thresholdSteps(thresholds: PanelLook['thresholds']): readonly Threshold[] {
  return [
    { color: 'green', value: null },
    ...(thresholds ?? []).map(([value, color]): Threshold => ({ color, value })),
  ];
}

/** What is common to all kinds. `targets` are all of one data source, which becomes the panel's. */
function panel(
  type: string,
  text: PanelText,
  targets: readonly UnnamedTarget[],
  look: PanelLook & { readonly width: number; readonly height: number },
  options: Readonly<Record<string, unknown>>,
  settings: FieldSettings = {},
): UnplacedPanel {
  const { width, height, unit, min, max, decimals, noValue, thresholds, links, words, overrides = [] } = look;
  const defaults: FieldSettings = {
    ...settings,
    ...(unit !== undefined && { unit }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(decimals !== undefined && { decimals }),
    ...(noValue !== undefined && { noValue }),
    ...(links !== undefined && { links }),
    ...(words !== undefined && { mappings: [{ type: 'value', options: words }] }),
    thresholds: { mode: 'absolute', steps: thresholdSteps(thresholds) },
  };
  const content = {
    type,
    ...text,
    datasource: targets[0]!.datasource,
    targets: named(targets),
    fieldConfig: { defaults, overrides },
    options,
    ...(look.transformations !== undefined && { transformations: look.transformations }),
  };
  return { width, height, content };
}

export interface ChartLook extends PanelLook {
  /** Series on top of each other. */
  readonly stacked?: boolean;
  readonly bars?: boolean;
}

/** Series over time. Thresholds are lines. */
export function timeseries(
  text: PanelText,
  targets: readonly UnnamedTarget[],
  look: ChartLook = {},
): UnplacedPanel {
  const { stacked = false, bars = false } = look;
  const custom = {
    drawStyle: bars ? 'bars' : 'line',
    lineWidth: bars ? 0 : 1,
    fillOpacity: bars ? 80 : stacked ? 30 : 10,
    // From 0, but for values below it.
    axisSoftMin: 0,
    showPoints: 'never',
    // A gap is a gap, but a missed scrape or two is none.
    spanNulls: 60_000,
    stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: look.thresholds === undefined ? 'off' : 'dashed' },
  };
  const options = {
    legend: {
      displayMode: 'table',
      placement: 'bottom',
      showLegend: true,
      calcs: ['mean', 'max', 'lastNotNull'],
    },
    tooltip: { mode: 'multi', sort: 'desc' },
  };
  const place = { width: 12, height: CHART_HEIGHT, ...look };
  return panel('timeseries', text, targets, place, options, { color: { mode: 'palette-classic' }, custom });
}

/** Of a series over time, its newest value. */
const LAST_VALUE = { calcs: ['lastNotNull'], fields: '', values: false };

/** One number for each series, coloured by thresholds. */
export function stat(
  text: PanelText,
  targets: readonly UnnamedTarget[],
  look: PanelLook = {},
): UnplacedPanel {
  const options = {
    reduceOptions: LAST_VALUE,
    colorMode: look.thresholds === undefined && look.words === undefined ? 'none' : 'background',
    graphMode: targets.some(({ instant }) => instant === true) ? 'none' : 'area',
    textMode: 'auto',
    justifyMode: 'auto',
    orientation: 'auto',
  };
  const place = { width: 4, height: STAT_HEIGHT, ...look };
  return panel('stat', text, targets, place, options, { color: { mode: 'thresholds' } });
}

/** A number between its `min` and `max`. */
export function gauge(text: PanelText, targets: readonly UnnamedTarget[], look: PanelLook): UnplacedPanel {
  const options = {
    reduceOptions: LAST_VALUE,
    showThresholdMarkers: true,
    showThresholdLabels: false,
    orientation: 'auto',
  };
  const place = { width: 4, height: 6, ...look };
  return panel('gauge', text, targets, place, options, { color: { mode: 'thresholds' } });
}

/** A bar for each series, for a ranking. */
export function barGauge(
  text: PanelText,
  targets: readonly UnnamedTarget[],
  look: PanelLook = {},
): UnplacedPanel {
  const options = {
    reduceOptions: LAST_VALUE,
    displayMode: 'gradient',
    orientation: 'horizontal',
    valueMode: 'color',
    namePlacement: 'auto',
    showUnfilled: true,
    minVizWidth: 8,
    minVizHeight: 16,
  };
  const place = { width: 12, height: CHART_HEIGHT, min: 0, ...look };
  return panel('bargauge', text, targets, place, options, { color: { mode: 'continuous-BlPu' } });
}

/** How values are spread over time; the target gives buckets. `unit` is that of the buckets. */
export function heatmap(
  text: PanelText,
  target: UnnamedTarget,
  look: PanelLook & { readonly unit: string },
): UnplacedPanel {
  const options = {
    calculate: false,
    cellGap: 1,
    cellValues: { unit: 'short' },
    color: {
      mode: 'scheme',
      scheme: 'Oranges',
      steps: 64,
      exponent: 0.5,
      fill: 'dark-orange',
      reverse: false,
    },
    exemplars: { color: 'rgba(255,0,255,0.7)' },
    filterValues: { le: 1e-9 },
    legend: { show: true },
    rowsFrame: { layout: 'auto' },
    tooltip: { mode: 'single', showColorScale: false, yHistogram: true },
    yAxis: { axisPlacement: 'left', unit: look.unit, reverse: false },
  };
  // Values are counts; the buckets have the unit.
  const place = { width: 12, height: CHART_HEIGHT, ...look, unit: 'short' };
  return panel('heatmap', text, [target], place, options);
}

/** Rows and columns; `unit` of columns goes by `columnUnit`. */
export function table(
  text: PanelText,
  targets: readonly UnnamedTarget[],
  look: PanelLook & { readonly sortBy?: string } = {},
): UnplacedPanel {
  const { sortBy } = look;
  const options = {
    showHeader: true,
    cellHeight: 'sm',
    ...(sortBy !== undefined && { sortBy: [{ displayName: sortBy, desc: true }] }),
  };
  const custom = { align: 'auto', cellOptions: { type: 'auto' }, filterable: true };
  const place = { width: 24, height: CHART_HEIGHT, ...look };
  return panel('table', text, targets, place, options, { custom });
}

/** Log lines, the newest first. */
export function logs(text: PanelText, target: UnnamedTarget, look: PanelLook = {}): UnplacedPanel {
  const options = {
    dedupStrategy: 'none',
    enableLogDetails: true,
    prettifyLogMessage: false,
    showCommonLabels: false,
    showLabels: false,
    showTime: true,
    sortOrder: 'Descending',
    wrapLogMessage: true,
  };
  return panel('logs', text, [target], { width: 24, height: 10, ...look }, options);
}

/** What calls what. */
export function nodeGraph(text: PanelText, target: UnnamedTarget, look: PanelLook = {}): UnplacedPanel {
  const options = { nodes: {}, edges: {}, zoomMode: 'cooperative' };
  return panel('nodeGraph', text, [target], { width: 24, height: 12, ...look }, options);
}

/** The unit and look of one column. */
export function columnUnit(column: string, unit: string, decimals?: number): FieldOverride {
  const properties = [
    { id: 'unit', value: unit },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
  ];
  return { matcher: { id: 'byName', options: column }, properties };
}

/** Tables of several queries become one: rows with the same labels are joined, and `Value #A` gets a name. */
export function joined(names: readonly string[]): readonly unknown[] {
  const renameByName = Object.fromEntries(names.map((name, i) => [`Value #${REF_IDS[i]}`, name]));
  return [
    { id: 'merge', options: {} },
    { id: 'organize', options: { excludeByName: { Time: true }, indexByName: {}, renameByName } },
  ];
}
