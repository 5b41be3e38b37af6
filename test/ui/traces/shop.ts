/** Traces of a small shop: a request that goes through services, a database and a queue, and sometimes fails. */

import type { MadeSpan } from '../../support/otlp-spans.ts';

export const STACK =
  'TimeoutError: no answer in 250 ms\n    at Payment.charge (payment.js:42:11)\n    at async checkout (cart.js:17:3)';

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

/** The `n`th trace; its id ends in `n`. Every fifth fails. */
export function shopTrace(n: number, startMs: number): readonly MadeSpan[] {
  const traceId = `5ca1ab1e${hex(n, 24)}`;
  const id = (k: number) => `${hex(n + 1, 8)}${hex(k, 8)}`;
  const scale = 1 + (n % 7) * 0.6;
  const fails = n % 5 === 0;
  const host = { 'host.name': `node-${n % 3}`, 'deployment.environment': 'test' };
  const part = (
    k: number,
    parent: number | undefined,
    service: string,
    name: string,
    kind: NonNullable<MadeSpan['kind']>,
    from: number,
    length: number,
    more: Partial<MadeSpan> = {},
  ): MadeSpan => ({
    service,
    traceId,
    id: id(k),
    ...(parent === undefined ? {} : { parent: id(parent) }),
    name,
    kind,
    startMs: startMs + from * scale,
    durationMs: length * scale,
    resource: host,
    ...more,
  });
  const failure = fails ? { error: 'no answer from the bank' } : {};
  return [
    part(1, undefined, 'web', 'POST /checkout', 'server', 0, 420, {
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': fails ? 502 : 200,
        'url.full': 'https://shop.example/checkout',
      },
      ...failure,
    }),
    part(2, 1, 'web', 'POST', 'client', 8, 400, { attributes: { 'peer.service': 'cart' } }),
    part(3, 2, 'cart', 'checkout', 'server', 14, 388, {
      attributes: { 'user.tier': n % 2 ? 'gold' : 'silver' },
      ...failure,
    }),
    part(4, 3, 'cart', 'SELECT items', 'client', 20, 60, {
      attributes: {
        'db.system': 'postgresql',
        'db.name': 'orders',
        'db.statement': 'SELECT * FROM items WHERE cart = $1',
      },
    }),
    part(5, 3, 'cart', 'charge', 'client', 90, 250, failure),
    part(6, 5, 'payment', 'charge', 'server', 96, 240, {
      ...failure,
      ...(fails
        ? {
            events: [
              {
                name: 'exception',
                atMs: startMs + 330 * scale,
                attributes: {
                  'exception.type': 'TimeoutError',
                  'exception.message': 'no answer',
                  'exception.stacktrace': STACK,
                },
              },
            ],
          }
        : {}),
    }),
    part(7, 6, 'payment', 'POST bank', 'client', 100, 225, {
      attributes: { 'peer.service': 'bank' },
      ...failure,
    }),
    part(8, 3, 'cart', 'orders send', 'producer', 350, 10, { attributes: { 'messaging.system': 'kafka' } }),
    part(9, 8, 'mail', 'orders process', 'consumer', 365, 80, {
      attributes: { 'messaging.system': 'kafka' },
    }),
    part(10, 3, 'cart', 'totals', 'internal', 345, 4),
  ];
}
