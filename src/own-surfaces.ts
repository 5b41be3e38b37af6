/** The endpoints that none of the originals has: questions across signals, export, tools for coding agents, and what waiting tests need. */

import { EXPORT_ROUTES } from './api/export/routes.ts';
import type { QueryParts } from './api/run-query.ts';
import type { SurfaceRoutes } from './api/server-parts.ts';
import { ACROSS_ROUTES } from './api/trilite/routes.ts';
import { localMcp } from './local-mcp.ts';

export function ownSurfaces(queries: QueryParts): readonly SurfaceRoutes[] {
  return [
    { surface: 'prometheus', ofTenants: true, routes: [localMcp(queries)] },
    { surface: 'prometheus', ofTenants: true, routes: EXPORT_ROUTES },
    { surface: 'loki', ofTenants: true, routes: ACROSS_ROUTES.logs },
    { surface: 'tempo', ofTenants: true, routes: ACROSS_ROUTES.traces },
    { surface: 'prometheus', ofTenants: true, routes: ACROSS_ROUTES.metrics },
  ];
}
