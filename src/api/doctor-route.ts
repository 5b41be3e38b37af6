/** `GET /api/v1/status/doctor`: what is wrong with this server and what comes to it, in the envelope of its neighbours. */

import { successValue } from './prometheus/envelope.ts';
import type { HandledRoute } from './route.ts';

const DOCTOR_PATH = '/api/v1/status/doctor';

/**
 * `examine` resolves with the report, plain data. It is the operator's: of all tenants. `content=false` leaves the look into
 * the newest logs and traces out.
 */
export function doctorRoute(
  examine: (options: { readonly content: boolean }) => Promise<unknown>,
): HandledRoute {
  // One look at a time serves all who ask meanwhile.
  const looking = new Map<boolean, Promise<unknown>>();
  return {
    access: 'read',
    methods: ['GET'],
    path: DOCTOR_PATH,
    tenants: 'operator',
    handle: async ({ params }) => {
      const content = !params.some(([name, value]) => name === 'content' && value === 'false');
      const running = looking.get(content) ?? examine({ content }).finally(() => looking.delete(content));
      looking.set(content, running);
      return successValue(await running);
    },
  };
}
