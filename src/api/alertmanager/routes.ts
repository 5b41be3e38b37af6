/**
 * Alertmanager's API v2, and what the original does not tell. The table is all that a start needs; what answers is loaded with the first request, and the Alertmanager with
 * it where no alert has come before.
 */

import type { Alertmanager } from '../../alertmanager/alertmanager.ts';
import type { Access } from '../../model/access.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import type { HandledRoute, HttpMethod, RouteTenants } from '../route.ts';
import type { VersionInfo } from './status-handlers.ts';

/** What the API is about. */
export interface AlertmanagerView {
  open(): Promise<Alertmanager>;
  readonly version: VersionInfo;
  readonly startedMs: number;
  /** Why nobody is told of any alert; '' where somebody is. */
  readonly whyNobody: string;
}

type Handle = (am: Alertmanager, request: ServiceRequest) => Promise<ServiceAnswer>;

const alerts = () => import('./alert-handlers.ts');
const silences = () => import('./silence-handlers.ts');
const status = () => import('./status-handlers.ts');
const own = () => import('./own-handlers.ts');

export function alertmanagerRoutes(view: AlertmanagerView): HandledRoute[] {
  const { open, version, startedMs } = view;
  const route = (
    access: Access,
    method: HttpMethod,
    path: string,
    load: () => Promise<Handle>,
    tenants: RouteTenants = 'one',
  ): HandledRoute => ({
    access,
    methods: [method],
    path: path.startsWith('/') ? path : `/api/v2/${path}`,
    tenants,
    handle: async (request) => {
      const [{ answering }, handle] = await Promise.all([import('./answers.ts'), load()]);
      return answering(async (r) => handle(await open(), r))(request);
    },
  });
  // What is nobody's: the same for all tenants.
  const getStatus = async (): Promise<Handle> => {
    const loaded = await status();
    return (am) => loaded.getStatus(am, version, startedMs);
  };
  const getNotifications = async (): Promise<Handle> => {
    const loaded = await own();
    return (am, request) => loaded.getNotifications(am, request, view.whyNobody);
  };
  return [
    route('read', 'GET', 'status', getStatus, 'none'),
    route('read', 'GET', 'receivers', async () => (await status()).getReceivers, 'none'),
    route('read', 'GET', 'alerts', async () => (await alerts()).getAlerts),
    route('ingest', 'POST', 'alerts', async () => (await alerts()).postAlerts),
    route('read', 'GET', 'alerts/groups', async () => (await alerts()).getGroups),
    route('read', 'GET', 'silences', async () => (await silences()).getSilences),
    route('admin', 'POST', 'silences', async () => (await silences()).postSilence),
    route('read', 'GET', 'silence/:id', async () => (await silences()).getSilence),
    route('admin', 'DELETE', 'silence/:id', async () => (await silences()).deleteSilence),
    route('read', 'GET', '/api/v1/trilite/alertmanager/route', async () => (await own()).getRoute),
    route('read', 'GET', '/api/v1/trilite/notifications', getNotifications),
  ];
}
