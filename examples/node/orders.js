/** A small order service: POST /orders takes {"item", "count"}, asks the stock, and answers 201 or 409. */

import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import { startTelemetry } from './telemetry.js';

/** Its instruments are those of the SDK that runs when it is made. */
export function createShop(stock) {
  const tracer = trace.getTracer('shop');
  const logger = logs.getLogger('shop');
  const orders = metrics
    .getMeter('shop')
    .createCounter('shop.orders', { description: 'Orders, by how they ended.' });
  const log = (severityText, body) => {
    logger.emit({ severityNumber: SeverityNumber[severityText], severityText, body });
  };

  function reserve(item, count) {
    return tracer.startActiveSpan(
      'reserve stock',
      { attributes: { 'shop.item': item, 'shop.count': count } },
      (span) => {
        try {
          if ((stock[item] ?? 0) < count) throw new Error(`no ${count} of ${item} left`);
          stock[item] -= count;
        } finally {
          span.end();
        }
      },
    );
  }

  function order({ item, count }) {
    const attributes = { 'http.request.method': 'POST', 'http.route': '/orders' };
    return tracer.startActiveSpan('POST /orders', { kind: SpanKind.SERVER, attributes }, (span) => {
      let status = 201;
      try {
        reserve(item, count);
        log('INFO', `order of ${count} ${item}`);
      } catch (error) {
        status = 409;
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        log('WARN', `order refused: ${error.message}`);
      }
      span.setAttribute('http.response.status_code', status);
      orders.add(1, { outcome: status === 201 ? 'taken' : 'refused' });
      span.end();
      return status;
    });
  }

  return createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    response.writeHead(order(JSON.parse(body))).end();
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stop = startTelemetry('shop');
  const server = createShop({ apple: 10 }).listen(Number(process.argv[2] ?? 8080));
  process.on('SIGTERM', () => server.close(stop));
}
