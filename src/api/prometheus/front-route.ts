/** A path of Prometheus' API that the front answers in place, with a piece of data in the API's envelope. */

import type { ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';
import type { HandledRoute, RouteTenants } from '../route.ts';
import { successValue } from './envelope.ts';

/** What Go prints of a time that was never set. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

export function get(
  path: string,
  tenants: RouteTenants,
  handle: (params: Params, request: ServiceRequest) => unknown | Promise<unknown>,
): HandledRoute {
  return {
    methods: ['GET'],
    path: `/api/v1/${path}`,
    tenants,
    handle: async (request: ServiceRequest) =>
      successValue(await handle(new Params(request.params), request)),
  };
}
