/**
 * Deleting for a tenant: an order means its own entries alone, and only its own orders can be seen or cancelled. Whose an
 * order is stands in its matchers, which are kept with it.
 */

import { DEFAULT_TENANT, TENANT_LABEL } from '../../model/tenant.ts';
import type { LogDeletes } from '../interface.ts';
import { TenantView, tenantMatcher } from './tenant-view.ts';

export function tenantLogDeletes(deletes: LogDeletes, tenant: string): LogDeletes {
  const view = new TenantView([tenant]);
  const mark = tenantMatcher([tenant]).toString();
  const own = async () => {
    const requests = await deletes.list();
    // A matcher on the label that a client wrote has another name there. Orders without one are from before.
    return requests.filter(({ matchers }) => {
      const whose = matchers.find((m) => m.name === TENANT_LABEL);
      return whose ? whose.toString() === mark : tenant === DEFAULT_TENANT;
    });
  };
  return {
    add: (order) => deletes.add({ ...order, matchers: view.matchers(order.matchers)! }),
    list: own,
    cancel: async (id, options) => {
      const mine = (await own()).some((request) => request.id === id);
      return mine ? deletes.cancel(id, options) : 'unknown';
    },
  };
}
