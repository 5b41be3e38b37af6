/**
 * What tools ask of a Grafana before they use the systems behind it: whether it is healthy, which data sources it has, and questions
 * to those through it. There is no Grafana here: it is a port on which these few paths are answered, for whoever was written for the
 * `grafana/otel-lgtm` image. The data sources have that image's names.
 */

import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import type { HandledRoute } from '../route.ts';
import type { HttpHandler } from '../server.ts';

interface DataSource {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly isDefault: boolean;
}

const DATA_SOURCES: readonly DataSource[] = [
  source(1, 'prometheus', 'Prometheus', 9090),
  source(2, 'tempo', 'Tempo', 3200),
  source(3, 'loki', 'Loki', 3100),
];

function source(id: number, type: string, name: string, port: number): DataSource {
  return { id, uid: type, name, type, url: `http://127.0.0.1:${port}`, isDefault: type === 'prometheus' };
}

/** By its number, or by its uid. */
const PROXY_PATH = /^\/api\/datasources\/proxy\/(?:uid\/([^/?]+)|(\d+))(\/[^?]*)?/;

/** Questions to a data source go to its own path; every API is on every port, so that nothing else has to change. */
export function asDataSources(handler: HttpHandler): HttpHandler {
  return (request, response) => {
    const { url = '' } = request;
    const [all, uid, id, path = '/'] = PROXY_PATH.exec(url) ?? [];
    const isKnown = DATA_SOURCES.some((one) => one.uid === uid || String(one.id) === id);
    if (all !== undefined && isKnown) request.url = path + url.slice(all.length);
    handler(request, response);
  };
}

/** `version` is Grafana's, as clients are told. */
export function grafanaRoutes(version: string): HandledRoute[] {
  const read = (path: string, handle: HandledRoute['handle']): HandledRoute => ({
    access: 'read',
    methods: ['GET'],
    path,
    tenants: 'none',
    handle,
  });
  return [
    // For probes, which have no credentials.
    { ...read('/api/health', () => json({ commit: '', database: 'ok', version })), access: 'open' },
    read('/api/datasources', () => json(DATA_SOURCES)),
    read('/api/datasources/uid/:key', (request) => found(request, (one, key) => one.uid === key)),
    read('/api/datasources/name/:key', (request) => found(request, (one, key) => one.name === key)),
    read('/api/datasources/:key', (request) => found(request, (one, key) => String(one.id) === key)),
  ];
}

function found({ path }: ServiceRequest, is: (one: DataSource, key: string) => boolean): ServiceAnswer {
  const one = DATA_SOURCES.find((candidate) => is(candidate, path.key ?? ''));
  return one ? json(one) : { ...json({ message: 'Data source not found' }), status: 404 };
}

function json(value: unknown): ServiceAnswer {
  return {
    status: 200,
    contentType: 'application/json; charset=UTF-8',
    body: Buffer.from(JSON.stringify(value)),
  };
}
