/** `trilite/…`: what tests ask of a server that they use as a sink ([docs/sink.md]). */

import type { ServiceAnswer } from '../query/service.ts';
import type { Sink } from '../sink.ts';
import { textAnswer } from './error-answer.ts';
import { JSON_TYPE, successValue } from './prometheus/envelope.ts';
import type { HandledRoute } from './route.ts';
import type { QueryParts } from './run-query.ts';
import { SinkWaiters } from './sink-waiter.ts';

export interface SinkRouteParts {
  readonly sink: Sink;
  /** What queries run by at present. */
  queries(): QueryParts;
  now(): number;
  /** Whether requests may empty the server. */
  readonly mayReset: boolean;
}

export function sinkRoutes({ sink, queries, now, mayReset }: SinkRouteParts): HandledRoute[] {
  const waiters = new SinkWaiters(sink, queries, now);
  return [
    {
      // It changes no answer, and whoever reads since a mark has to have one.
      access: 'read',
      methods: ['POST'],
      path: '/api/v1/trilite/mark',
      tenants: 'none',
      handle: async () => successValue({ mark: await sink.mark() }),
    },
    {
      access: 'admin',
      methods: ['POST'],
      path: '/api/v1/trilite/reset',
      // All tenants' data goes.
      tenants: 'operator',
      handle: async () => {
        if (!mayReset) return switchedOff();
        await sink.reset();
        return successValue({});
      },
    },
    {
      access: 'read',
      methods: ['GET'],
      path: '/api/v1/trilite/wait',
      handle: (request, gone) => waiters.wait(request, gone),
    },
  ];
}

/** As other requests of administrators are refused where they were not switched on. */
function switchedOff(): ServiceAnswer {
  const error = { status: 'error', errorType: 'unavailable', error: 'admin APIs disabled' };
  return textAnswer(500, JSON.stringify(error), JSON_TYPE);
}
