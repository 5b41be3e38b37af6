/** Where a request's log entries go, by the tenant that its `X-Scope-OrgID` header names. */

import { DEFAULT_TENANT, parseTenant, TENANT_HEADER } from '../../model/tenant.ts';
import type { LogAppender } from '../../storage/interface.ts';
import type { ReceiverParts, WireRequest } from './wire.ts';

/** On Loki's paths: the header must be there, with one id. Throws `TriliteError` (`unauthorized`, `bad_data`). */
export function lokiAppender(parts: ReceiverParts, request: WireRequest): LogAppender {
  return parts.tenantLogs?.(parseTenant(request.header(TENANT_HEADER))) ?? parts.storage.logs;
}

/** On OTLP's own paths, whose clients may know of no such header: without it the default tenant's. */
export function otlpLogAppender(parts: ReceiverParts, header: string | undefined): LogAppender {
  return parts.tenantLogs?.(header ? parseTenant(header) : DEFAULT_TENANT) ?? parts.storage.logs;
}
