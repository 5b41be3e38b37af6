/** Whose data a request is about: its header judged before anything else is done for it, in the originals' words. */

import { TriliteError } from '../model/errors.ts';
import { parseTenant, parseTenants, TENANT_HEADER } from '../model/tenant.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import { describeError, NO_SNIFF, textAnswer } from './error-answer.ts';
import type { RouteTenants } from './route.ts';

/** The request with its tenants, or why it is refused: 401 where no header says, 400 where what it says cannot be. */
export function forTenants(
  request: ServiceRequest,
  takes: RouteTenants = 'several',
): ServiceRequest | ServiceAnswer {
  if (takes === 'none' || takes === 'operator') return request;
  const header = request.headers[TENANT_HEADER];
  try {
    return { ...request, tenants: takes === 'one' ? [parseTenant(header)] : parseTenants(header) };
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const { status, message } = describeError(error);
    // The first is said before the originals know of an API, whose errors have no newline.
    return { ...textAnswer(status, status === 401 ? `${message}\n` : message), headers: NO_SNIFF };
  }
}
