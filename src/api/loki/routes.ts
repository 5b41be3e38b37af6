/** Loki's endpoints. What needs no log data is answered by the front itself. */

import type { Route } from '../route.ts';
import { jsonValue } from './answer.ts';
import { drilldownLimitsService } from './limits-service.ts';

/** WebSockets that follow the logs. */
export const TAIL_PATH = '/loki/api/v1/tail';
/** The same of the older API, whose frames differ. */
export const LEGACY_TAIL_PATH = '/api/prom/tail';

/** Query routes take their parameters from the URL or a form. */
const QUERY = ['GET', 'POST'] as const;
const READ = ['GET'] as const;

export const LOKI_ROUTES: Route[] = [
  { methods: QUERY, path: '/loki/api/v1/query', service: 'loki.query' },
  { methods: QUERY, path: '/loki/api/v1/query_range', service: 'loki.query_range' },
  { methods: QUERY, path: '/loki/api/v1/format_query', service: 'loki.format_query', tenants: 'none' },
  { methods: QUERY, path: '/loki/api/v1/labels', service: 'loki.labels' },
  { methods: QUERY, path: '/loki/api/v1/label', service: 'loki.labels' },
  { methods: QUERY, path: '/loki/api/v1/label/:name/values', service: 'loki.label_values' },
  { methods: QUERY, path: '/loki/api/v1/series', service: 'loki.series' },
  { methods: QUERY, path: '/loki/api/v1/index/stats', service: 'loki.index_stats' },
  { methods: QUERY, path: '/loki/api/v1/index/volume', service: 'loki.volume' },
  { methods: QUERY, path: '/loki/api/v1/index/volume_range', service: 'loki.volume_range' },
  { methods: QUERY, path: '/loki/api/v1/detected_labels', service: 'loki.detected_labels' },
  { methods: QUERY, path: '/loki/api/v1/detected_fields', service: 'loki.detected_fields' },
  { methods: QUERY, path: '/loki/api/v1/detected_field/:name/values', service: 'loki.detected_field_values' },
  { methods: QUERY, path: '/loki/api/v1/patterns', service: 'loki.patterns' },
  // These are WebSockets (`tail-upgrade.ts`): what comes here did not ask for one.
  { methods: QUERY, path: TAIL_PATH, service: 'loki.tail_refusal', tenants: 'one' },
  { methods: QUERY, path: LEGACY_TAIL_PATH, service: 'loki.tail_refusal', tenants: 'one' },
  { methods: QUERY, path: '/api/prom/query', service: 'loki.legacy_query' },
  { methods: QUERY, path: '/api/prom/label', service: 'loki.legacy_labels' },
  { methods: QUERY, path: '/api/prom/label/:name/values', service: 'loki.legacy_label_values' },
  { methods: QUERY, path: '/api/prom/series', service: 'loki.series' },
];

/** What `status/buildinfo` says of the program. */
export interface LokiFrontView {
  readonly version: string;
  readonly revision: string;
  readonly buildDate: string;
}

export function lokiFrontRoutes(view: LokiFrontView): Route[] {
  const buildinfo = {
    version: view.version,
    revision: view.revision,
    branch: '',
    buildUser: '',
    buildDate: view.buildDate,
    goVersion: '',
  };
  return [
    {
      methods: READ,
      path: '/loki/api/v1/status/buildinfo',
      tenants: 'none',
      handle: () => jsonValue(buildinfo),
    },
    { methods: READ, path: '/loki/api/v1/drilldown-limits', tenants: 'one', handle: drilldownLimitsService },
  ];
}
