/** Loki's endpoints. What needs no log data is answered by the front itself. */

import type { Route, ServiceRoute } from '../route.ts';
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
  read('/loki/api/v1/query', 'loki.query'),
  read('/loki/api/v1/query_range', 'loki.query_range'),
  { ...read('/loki/api/v1/format_query', 'loki.format_query'), tenants: 'none' },
  read('/loki/api/v1/labels', 'loki.labels'),
  read('/loki/api/v1/label', 'loki.labels'),
  read('/loki/api/v1/label/:name/values', 'loki.label_values'),
  read('/loki/api/v1/series', 'loki.series'),
  read('/loki/api/v1/index/stats', 'loki.index_stats'),
  read('/loki/api/v1/index/volume', 'loki.volume'),
  read('/loki/api/v1/index/volume_range', 'loki.volume_range'),
  read('/loki/api/v1/detected_labels', 'loki.detected_labels'),
  read('/loki/api/v1/detected_fields', 'loki.detected_fields'),
  read('/loki/api/v1/detected_field/:name/values', 'loki.detected_field_values'),
  read('/loki/api/v1/patterns', 'loki.patterns'),
  // These are WebSockets (`tail-upgrade.ts`): what comes here did not ask for one.
  { ...read(TAIL_PATH, 'loki.tail_refusal'), tenants: 'one' },
  { ...read(LEGACY_TAIL_PATH, 'loki.tail_refusal'), tenants: 'one' },
  read('/api/prom/query', 'loki.legacy_query'),
  read('/api/prom/label', 'loki.legacy_labels'),
  read('/api/prom/label/:name/values', 'loki.legacy_label_values'),
  read('/api/prom/series', 'loki.series'),
];

/** The method says nothing of what is asked for. */
function read(path: string, service: string): ServiceRoute {
  return { access: 'read', methods: QUERY, path, service };
}

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
      access: 'read',
      methods: READ,
      path: '/loki/api/v1/status/buildinfo',
      tenants: 'none',
      handle: () => jsonValue(buildinfo),
    },
    {
      access: 'read',
      methods: READ,
      path: '/loki/api/v1/drilldown-limits',
      tenants: 'one',
      handle: drilldownLimitsService,
    },
  ];
}
