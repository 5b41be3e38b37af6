/** The endpoint for coding agents put together: its tools ask the same endpoints as everybody, for the tenants of the request. */

import { InnerTransport } from './api/inner-transport.ts';
import { LOKI_ROUTES } from './api/loki/routes.ts';
import { mcpRoute } from './api/mcp-route.ts';
import { PROMETHEUS_ROUTES } from './api/prometheus/routes.ts';
import type { HandledRoute } from './api/route.ts';
import type { QueryParts } from './api/run-query.ts';
import { TEMPO_ROUTES } from './api/tempo/routes.ts';
import { Client } from './client/client.ts';
import { VERSION } from './version.ts';

const SURFACES = [
  { surface: 'prometheus', routes: PROMETHEUS_ROUTES },
  { surface: 'loki', routes: LOKI_ROUTES },
  { surface: 'tempo', routes: TEMPO_ROUTES },
] as const;

export function localMcp(queries: QueryParts): HandledRoute {
  const load = async () => {
    const [{ McpServer }, { TOOLS }] = await Promise.all([
      import('./mcp/protocol.ts'),
      import('./mcp/tools.ts'),
    ]);
    const server = new McpServer({ version: VERSION, tools: TOOLS });
    return server.answer.bind(server);
  };
  return mcpRoute(
    load,
    ({ tenants, nowMs, client }) =>
      new Client(new InnerTransport(SURFACES, queries, { tenants, nowMs, client })),
  );
}
