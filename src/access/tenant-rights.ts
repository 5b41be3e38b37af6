/** Which tenants' data a caller may ask for or bring, where tenants are told apart. */

import type { Caller } from '../model/access.ts';
import { TriliteError } from '../model/errors.ts';
import { DEFAULT_TENANT, parseTenants } from '../model/tenant.ts';
import type { Demand } from './gate.ts';

/**
 * The header that stands for the one tenant of a caller who names none; undefined where the request stays as it is. Throws
 * `forbidden`, or `bad_data` where the header cannot be read.
 */
export function tenantHeaderFor(
  { tenants }: Caller,
  demanded: Demand['tenants'],
  header: string | undefined,
): string | undefined {
  if (tenants === undefined || demanded === 'none') return undefined;
  if (demanded === 'all') {
    throw new TriliteError('forbidden', 'this is about all tenants, for which these credentials are not');
  }
  if (header) {
    const foreign = parseTenants(header).find((id) => !tenants.includes(id));
    if (foreign === undefined) return undefined;
    throw new TriliteError(
      'forbidden',
      `these credentials are not for the tenant ${JSON.stringify(foreign)}`,
    );
  }
  if (tenants.length === 1) return tenants[0];
  // What no header names is the default tenant's, where that may be left out.
  if (tenants.includes(DEFAULT_TENANT)) return DEFAULT_TENANT;
  throw new TriliteError(
    'forbidden',
    'these credentials are for several tenants: X-Scope-OrgID must name one',
  );
}
