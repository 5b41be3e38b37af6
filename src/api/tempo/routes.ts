/** Tempo's endpoints. `/ready` is the server's; streaming gRPC is served beside HTTP. */

import type { ServiceAnswer } from '../../query/service.ts';
import { notFoundAnswer, textAnswer } from '../error-answer.ts';
import type { HandledRoute, HttpMethod, Route, RouteTenants } from '../route.ts';

/** The original answers its queries whatever the method is. */
const ANY: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

export const TEMPO_ROUTES: Route[] = [
  { methods: ANY, path: '/api/search', service: 'tempo.search' },
  { methods: ANY, path: '/api/search/tags', service: 'tempo.searchTags' },
  { methods: ANY, path: '/api/v2/search/tags', service: 'tempo.searchTagsV2' },
  { methods: ANY, path: '/api/search/tag/:name/values', service: 'tempo.searchTagValues' },
  { methods: ANY, path: '/api/v2/search/tag/:name/values', service: 'tempo.searchTagValuesV2' },
  { methods: ANY, path: '/api/traces/:id', service: 'tempo.trace' },
  { methods: ANY, path: '/api/v2/traces/:id', service: 'tempo.traceV2' },
  { methods: ANY, path: '/api/metrics/query_range', service: 'tempo.metricsRange' },
  { methods: ANY, path: '/api/metrics/query', service: 'tempo.metricsInstant' },
];

/** What the status pages tell. */
export interface TempoStatusView {
  /** Of Trilite. */
  readonly version: string;
  /** The effective configuration, as YAML. */
  configText(): string;
}

/** The API version that is claimed: Grafana switches features on by it. */
const TEMPO_VERSION = '2.10.0';

function page(path: string, text: string): string {
  return `GET ${path}\n${text}\n`;
}

/** Endpoints that need no reader. */
export function tempoFrontRoutes(view: TempoStatusView): HandledRoute[] {
  const get = (path: string, handle: () => ServiceAnswer, tenants: RouteTenants = 'none'): HandledRoute => ({
    methods: ['GET'],
    path,
    tenants,
    handle,
  });
  const pages: Readonly<Record<string, () => string>> = {
    version: () => `tempo, version ${TEMPO_VERSION} (trilite ${view.version})\n`,
    services: () => 'trilite: Running\n',
    endpoints: () => `${TEMPO_ROUTES.map((route) => route.path).join('\n')}\n`,
    config: () => view.configText(),
    runtime_config: () => '',
  };
  const status = (names: readonly string[]) =>
    textAnswer(200, names.map((name) => page(`/status/${name}`, pages[name]!())).join('\n'), 'text/plain');
  return [
    { methods: ANY, path: '/api/echo', tenants: 'none', handle: () => textAnswer(200, 'echo\n') },
    get('/api/status/buildinfo', () =>
      textAnswer(
        200,
        JSON.stringify({
          version: TEMPO_VERSION,
          revision: '',
          branch: '',
          buildUser: '',
          buildDate: '',
          goVersion: '',
        }),
        'application/json',
      ),
    ),
    // The configuration is in it.
    get('/status', () => status(Object.keys(pages)), 'operator'),
    ...Object.keys(pages).map((name) =>
      get(`/status/${name}`, () => status([name]), name === 'config' ? 'operator' : 'none'),
    ),
    { methods: ANY, path: '/api/overrides', tenants: 'one', handle: notFoundAnswer },
    // There is no such page where nobody posts Jaeger's spans to it.
    {
      methods: ANY.filter((method) => method !== 'POST'),
      path: '/api/traces',
      tenants: 'none',
      handle: notFoundAnswer,
    },
  ];
}
