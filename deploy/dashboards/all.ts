/** All dashboards, in the order in which one gets to know them. */

import { containers } from './containers.ts';
import { goldenSignals } from './golden-signals.ts';
import type { Dashboard } from './json-model.ts';
import { logs } from './logs.ts';
import { nodeExporter } from './node-exporter.ts';
import { red } from './red.ts';
import { service } from './service.ts';
import { slo } from './slo.ts';
import { traces } from './traces.ts';
import { trilite } from './trilite.ts';

export const DASHBOARDS: readonly Dashboard[] = [
  service,
  goldenSignals,
  red,
  slo,
  logs,
  traces,
  nodeExporter,
  containers,
  trilite,
];

/** As it stands in the file, which Grafana reads. */
export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
