/** Endpoints across signals, which none of the originals has (docs/across.md). */

import type { ServiceRoute } from '../route.ts';

/** Queries may be long: a form takes them too. */
const QUERY = ['GET', 'POST'] as const;

function read(path: string, service: string): ServiceRoute {
  return { access: 'read', methods: QUERY, path, service };
}

/** By the API whose answers, and errors, they give. */
export const ACROSS_ROUTES = {
  logs: [read('/api/v1/trilite/logs', 'across.logs')],
  traces: [read('/api/v1/trilite/traces', 'across.traces')],
  metrics: [read('/api/v1/trilite/metrics', 'across.series')],
} as const satisfies Readonly<Record<string, readonly ServiceRoute[]>>;
