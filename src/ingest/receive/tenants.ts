/** Whose log entries a request brings, by its `X-Scope-OrgID` header, and where they go. */

import { DEFAULT_TENANT, parseTenant, TENANT_HEADER } from '../../model/tenant.ts';
import type { LogAppender } from '../../storage/interface.ts';
import type { ReceiverParts, WireRequest } from './wire.ts';

export interface LogTarget {
  readonly tenant: string;
  readonly appender: LogAppender;
}

function targetOf(parts: ReceiverParts, tenant: () => string): LogTarget {
  const { tenantLogs, storage } = parts;
  if (!tenantLogs) return { tenant: DEFAULT_TENANT, appender: storage.logs };
  const id = tenant();
  return { tenant: id, appender: tenantLogs(id) };
}

/** On Loki's paths: the header must be there, with one id. Throws `TriliteError` (`unauthorized`, `bad_data`). */
export function lokiTarget(parts: ReceiverParts, request: WireRequest): LogTarget {
  return targetOf(parts, () => parseTenant(request.header(TENANT_HEADER)));
}

/** On OTLP's own paths, whose clients may know of no such header: without it the default tenant's. */
export function otlpLogTarget(parts: ReceiverParts, header: string | undefined): LogTarget {
  return targetOf(parts, () => (header ? parseTenant(header) : DEFAULT_TENANT));
}
