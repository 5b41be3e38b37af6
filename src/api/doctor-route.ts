/** `GET /api/v1/status/doctor`: what is wrong with this server and what comes to it, in the envelope of its neighbours. */

import { successValue } from './prometheus/envelope.ts';
import type { HandledRoute } from './route.ts';

export const DOCTOR_PATH = '/api/v1/status/doctor';

/** `examine` resolves with the report, plain data. It is the operator's: of all tenants. */
export function doctorRoute(examine: () => Promise<unknown>): HandledRoute {
  // One look at a time serves all who ask meanwhile.
  let looking: Promise<unknown> | undefined;
  return {
    methods: ['GET'],
    path: DOCTOR_PATH,
    handle: async () => {
      looking ??= examine().finally(() => {
        looking = undefined;
      });
      return successValue(await looking);
    },
  };
}
