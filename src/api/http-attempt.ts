/** A request over HTTP as access control sees it, and what it changes of one that it lets in. */

import type { IncomingMessage } from 'node:http';
import type { Attempt, Demand, Gate } from '../access/gate.ts';
import { assert } from '../base/assert.ts';
import { certificateSubjects, verifiedCertificate } from '../base/client-certificate.ts';
import { type Access, SCOPES } from '../model/access.ts';
import { TENANT_HEADER } from '../model/tenant.ts';
import { isCrossSite, type OwnSites } from './cross-site.ts';

/** Lets the request in, or rejects as `Gate.admit` does. The tenant of one who names none is put into its headers. */
export async function admitHttp(
  gate: Gate,
  request: IncomingMessage,
  demand: Demand,
  own: OwnSites,
  isUpgrade = false,
): Promise<void> {
  const admission = await gate.admit(httpAttempt(request, demand, own, isUpgrade));
  if (admission?.tenantHeader !== undefined) request.headers[TENANT_HEADER] = admission.tenantHeader;
}

function httpAttempt(request: IncomingMessage, demand: Demand, own: OwnSites, isUpgrade: boolean): Attempt {
  const { headers, socket, url = '/', method = '' } = request;
  const tenants = headers[TENANT_HEADER];
  return {
    demand,
    authorization: headers.authorization,
    tenantHeader: Array.isArray(tenants) ? tenants.join(', ') : tenants,
    certificateNames: () => {
      const certificate = verifiedCertificate(socket);
      return certificate ? certificateSubjects(certificate) : [];
    },
    isCrossSite: () => isCrossSite(request, own),
    isUpgrade,
    peer: socket.remoteAddress ?? '',
    address: socket.remoteAddress ?? '',
    method,
    path: url.split('?', 1)[0]!,
  };
}

/** What an endpoint demands. An endpoint that does not say is a mistake of ours, found when it is mounted. */
export function demandOf(path: string, access: Access, tenants: Demand['tenants']): Demand {
  assert(access === 'open' || SCOPES.includes(access), `${path} does not say what right it asks for`);
  return { right: access, tenants };
}
