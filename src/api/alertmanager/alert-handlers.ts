/** Alerts: those that there are, alone and in groups, and taking new ones. */

import type { Alertmanager } from '../../alertmanager/alertmanager.ts';
import { inSlices } from '../../base/slices.ts';
import { TriliteError } from '../../model/errors.ts';
import { DEFAULT_TENANT } from '../../model/tenant.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { readAlerts } from './alert-body.ts';
import { printAlerts, printGroups } from './alert-json.ts';
import { bytesAnswer, emptyAnswer, jsonAnswer, jsonBody } from './answers.ts';
import { AlertParams } from './request-params.ts';

/** Whose alerts a request is about. */
export function tenantOf({ tenants }: ServiceRequest): string {
  return tenants?.[0] ?? DEFAULT_TENANT;
}

export async function getAlerts(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const filter = new AlertParams(request).alertFilter();
  const found = await inSlices(am.look(tenantOf(request)).alerts(filter, am.now));
  return bytesAnswer(await inSlices(printAlerts(found)));
}

export async function getGroups(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const filter = new AlertParams(request).alertFilter();
  const found = await inSlices(am.look(tenantOf(request)).groups(filter, am.now));
  return bytesAnswer(await inSlices(printGroups(found)));
}

/** Good alerts are taken whatever is wrong with others. */
export async function postAlerts(am: Alertmanager, request: ServiceRequest): Promise<ServiceAnswer> {
  const posted = await inSlices(readAlerts(jsonBody(request, 'alerts')));
  const { invalid, refused } = await am.of(tenantOf(request)).receive(posted, am.now);
  if (refused > 0) {
    const message = `${refused} of ${posted.length} alerts were not taken: there is room for ${am.room}`;
    throw new TriliteError('overloaded', message);
  }
  if (invalid.length === 0) return emptyAnswer(200);
  return jsonAnswer(invalid.map(({ message }) => message).join('\n'), 400);
}
