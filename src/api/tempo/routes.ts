/** Tempo's endpoints. `/ready` is the server's; streaming gRPC is served beside HTTP. */

import type { ServiceAnswer } from '../../query/service.ts';
import { notFoundAnswer, textAnswer } from '../error-answer.ts';
import type { HandledRoute, HttpMethod, Route, RouteTenants, ServiceRoute } from '../route.ts';

/** The original answers its queries whatever the method is. */
const ANY: readonly HttpMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

export const TEMPO_ROUTES: Route[] = [
  read('/api/search', 'tempo.search'),
  read('/api/search/tags', 'tempo.searchTags'),
  read('/api/v2/search/tags', 'tempo.searchTagsV2'),
  read('/api/search/tag/:name/values', 'tempo.searchTagValues'),
  read('/api/v2/search/tag/:name/values', 'tempo.searchTagValuesV2'),
  read('/api/traces/:id', 'tempo.trace'),
  read('/api/v2/traces/:id', 'tempo.traceV2'),
  read('/api/metrics/query_range', 'tempo.metricsRange'),
  read('/api/metrics/query', 'tempo.metricsInstant'),
];

/** The method says nothing of what is asked for. */
function read(path: string, service: string): ServiceRoute {
  return { access: 'read', methods: ANY, path, service };
}

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
    access: 'read',
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
    // Grafana asks it whether its credentials are good: so it wants some.
    { ...get('/api/echo', () => textAnswer(200, 'echo\n')), methods: ANY },
    get('/api/status/buildinfo', buildInfo),
    // The configuration is in it.
    get('/status', () => status(Object.keys(pages)), 'operator'),
    ...Object.keys(pages).map((name) =>
      get(`/status/${name}`, () => status([name]), name === 'config' ? 'operator' : 'none'),
    ),
    { ...get('/api/overrides', notFoundAnswer, 'one'), methods: ANY },
    // There is no such page where nobody posts Jaeger's spans to it.
    {
      ...get('/api/traces', notFoundAnswer),
      methods: ANY.filter((method) => method !== 'POST'),
    },
  ];
}

function buildInfo(): ServiceAnswer {
  const unknown = { revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' };
  return textAnswer(200, JSON.stringify({ version: TEMPO_VERSION, ...unknown }), 'application/json');
}
