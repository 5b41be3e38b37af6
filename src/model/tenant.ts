/**
 * Tenants: whose data a request brings or asks for, as its `X-Scope-OrgID` header says. Ids have Loki's and Mimir's
 * form; several are joined by `|`. In storage a tenant's streams carry the label below; those of the default tenant,
 * which is what everything belongs to that no header named, do not.
 */

import { TriliteError } from './errors.ts';
import { compareText } from './labels.ts';

/** Reserved for storage and for what a query over several tenants answers. */
export const TENANT_LABEL = '__tenant_id__';
/** Whose data it is where no header says. */
export const DEFAULT_TENANT = 'fake';
/** Lower-case, as headers are looked up. */
export const TENANT_HEADER = 'x-scope-orgid';

/** An id is a file name in the originals. */
const ID_MAX_BYTES = 150;
const UNSUPPORTED = /[^a-zA-Z0-9!\-_.*'()]/;
const SEPARATOR = '|';
/** What follows it says something of the request, not of whose it is. */
const REMARK = ':';

/**
 * The tenants that a header names, ascending, each once. Throws `TriliteError`: `unauthorized` where there is no header,
 * `bad_data` where an id is none.
 */
export function parseTenants(header: string | undefined): readonly string[] {
  if (header === undefined || header === '') throw new TriliteError('unauthorized', 'no org id');
  const ids = header.split(SEPARATOR).map((part) => part.split(REMARK, 1)[0]!);
  for (const id of ids) checkTenant(id);
  return [...new Set(ids)].sort(compareText);
}

/** As `parseTenants`, of a request that concerns one tenant alone. */
export function parseTenant(header: string | undefined): string {
  const [id, ...others] = parseTenants(header);
  if (others.length > 0) throw new TriliteError('bad_data', 'multiple org IDs present');
  return id!;
}

function checkTenant(id: string): void {
  const bad = UNSUPPORTED.exec(id)?.[0];
  if (bad !== undefined) {
    throw new TriliteError('bad_data', `tenant ID '${asSent(id)}' contains unsupported character '${bad}'`);
  }
  if (id.length > ID_MAX_BYTES) {
    throw new TriliteError('bad_data', `tenant ID is too long: max ${ID_MAX_BYTES} characters`);
  }
  if (id === '.' || id === '..') throw new TriliteError('bad_data', "tenant ID is '.' or '..'");
  // The originals store under the empty name what they then refuse to read.
  if (id === '') throw new TriliteError('bad_data', 'tenant ID is empty');
}

/** Headers are read as Latin-1, whatever they were. */
function asSent(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
