/**
 * A dashboard from rows of panels: numbers them, and fills the 24 columns from the left to the right. Variables, annotations and
 * links that several dashboards have are here as well.
 */

import {
  type Annotation,
  type Dashboard,
  type DatasourceRef,
  type Panel,
  type Row,
  SCHEMA_VERSION,
  type Variable,
} from './json-model.ts';
import type { UnplacedPanel } from './panels.ts';
import { datasource } from './targets.ts';

const COLUMNS = 24;
/** All dashboards have it; by it each links to the others. */
const TAG = 'trilite';
/** Grafana's own, whose annotations are made by hand. */
const GRAFANA: DatasourceRef = { type: 'grafana', uid: '-- Grafana --' };

export interface RowOfPanels {
  readonly title: string;
  readonly panels: readonly UnplacedPanel[];
  /** A variable: the row is there for each of its values. */
  readonly repeat?: string;
}

export interface DashboardParts {
  /** Also the name of the file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly annotations?: readonly Annotation[];
  readonly rows: readonly RowOfPanels[];
  readonly refresh?: string;
  readonly from?: string;
}

function placed(rows: readonly RowOfPanels[]): (Panel | Row)[] {
  const out: (Panel | Row)[] = [];
  let y = 0;
  for (const { title, panels, repeat } of rows) {
    const gridPos = { x: 0, y, w: COLUMNS, h: 1 };
    const repeated = repeat === undefined ? {} : { repeat };
    out.push({ id: out.length + 1, type: 'row', title, gridPos, collapsed: false, ...repeated, panels: [] });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const { width: w, height: h, content } of panels) {
      if (x + w > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      out.push({ id: out.length + 1, gridPos: { x, y, w, h }, ...content });
      x += w;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return out;
}

export function dashboard(parts: DashboardParts): Dashboard {
  const {
    uid,
    title,
    description,
    variables,
    annotations = [],
    rows,
    refresh = '30s',
    from = 'now-1h',
  } = parts;
  return {
    uid,
    title,
    description,
    tags: [TAG],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    // A crosshair in all panels at once.
    graphTooltip: 1,
    refresh,
    time: { from, to: 'now' },
    timezone: 'browser',
    templating: { list: variables },
    annotations: { list: [HAND_MADE, ...annotations] },
    links: [OTHERS],
    panels: placed(rows),
  };
}

/** To the other dashboards, with the same time and the same variables. */
const OTHERS = {
  type: 'dashboards',
  title: 'Dashboards',
  tooltip: 'Other dashboards, with the same time and choices',
  tags: [TAG],
  asDropdown: true,
  keepTime: true,
  includeVars: true,
  targetBlank: false,
  icon: 'external link',
};

const HAND_MADE: Annotation = {
  name: 'Annotations & Alerts',
  datasource: GRAFANA,
  type: 'dashboard',
  builtIn: 1,
  enable: true,
  hide: true,
  iconColor: 'rgba(0, 211, 255, 1)',
};

/** `All` is `.+`, which every language takes; `.*` alone is no selector in LogQL. */
const ALL = { multi: true, includeAll: true, allValue: '.+', current: { text: ['All'], value: ['$__all'] } };
/** With the time range. */
const REFRESH_WITH_TIME = 2;
const SORT_BY_NAME = 1;

/** Values of a label of the series of `metric`. */
export function metricLabel(name: string, label: string, metric: string, of: string): Variable {
  const definition = `label_values(${metric}, ${of})`;
  const query = { qryType: 1, query: definition, refId: 'PrometheusVariableQueryEditor-VariableQuery' };
  const settings = { definition, query, refresh: REFRESH_WITH_TIME, sort: SORT_BY_NAME, ...ALL };
  return { name, label, type: 'query', datasource: datasource('prometheus'), ...settings };
}

/** Values of a label of log streams. */
export function streamLabel(name: string, label: string, of: string): Variable {
  const query = { type: 1, label: of, stream: '', refId: 'LokiVariableQueryEditor-VariableQuery' };
  const settings = { definition: '', query, refresh: REFRESH_WITH_TIME, sort: SORT_BY_NAME, ...ALL };
  return { name, label, type: 'query', datasource: datasource('loki'), ...settings };
}

/** Text that the reader types. */
export function textBox(name: string, label: string): Variable {
  return { name, label, type: 'textbox', query: '', current: { text: '', value: '' } };
}

/** Services that send spans; what is common to the dashboards of services. */
export const SERVICE = metricLabel('service', 'Service', 'traces_spanmetrics_calls_total', 'service');

/** Alerts while they fire. `matchers` narrow them down, and begin with a comma. */
export function alertAnnotation(matchers = ''): Annotation {
  return {
    name: 'Alerts',
    datasource: datasource('prometheus'),
    enable: true,
    iconColor: 'red',
    expr: `ALERTS{alertstate="firing"${matchers}}`,
    step: '60s',
    titleFormat: '{{alertname}}',
    textFormat: '{{severity}} {{service}}{{job}} {{instance}}',
    tagKeys: 'alertname,severity',
  };
}

/** How long a version counts as new. */
const DEPLOYMENT_WINDOW = '5m';

/** Versions of services (`service.version` of what they tell by OTLP) that were not there before. */
export const DEPLOYMENT_ANNOTATION: Annotation = {
  name: 'Deployments',
  datasource: datasource('prometheus'),
  enable: true,
  iconColor: 'blue',
  expr:
    `count by (job, service_version) (target_info{job=~"(.+/)?$service",service_version!=""})` +
    ` unless count by (job, service_version) (target_info offset ${DEPLOYMENT_WINDOW})`,
  step: '60s',
  titleFormat: '{{job}} {{service_version}}',
  textFormat: 'version {{service_version}} of {{job}} is running',
  tagKeys: 'job',
};
