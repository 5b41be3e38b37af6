/** The paths that take data in over HTTP, with what receives them. Mounted by the composition root. */

import { TENANT_HEADER } from '../../model/tenant.ts';
import { JAEGER_TRACES_PATH, jaegerReceiver } from './jaeger-http.ts';
import { lokiOtlpReceiver, lokiPushReceiver } from './loki.ts';
import { otlpReceiver } from './otlp-http.ts';
import { prometheusOtlpReceiver, remoteWriteReceiver } from './prometheus.ts';
import { tenantOf } from './tenants.ts';
import type { ReceiverParts, WireAnswer, WireRequest } from './wire.ts';
import { ZIPKIN_PATH, zipkinReceiver } from './zipkin.ts';

/** An endpoint that reads its own body. */
export interface ReceiverRoute {
  readonly methods: readonly string[];
  readonly path: string;
  /** Whose manners a wrong method is answered with. */
  readonly surface: 'prometheus' | 'loki' | 'otlp' | 'tempo';
  receive(request: WireRequest): Promise<WireAnswer>;
}

/** A request too many fails as its body is asked for: so it is answered in the manner of its protocol. */
function paced(receive: ReceiverRoute['receive'], parts: ReceiverParts): ReceiverRoute['receive'] {
  const { requests } = parts;
  if (!requests) return receive;
  return (request) => {
    if (!requests.isAny) return receive(request);
    const readBody: WireRequest['readBody'] = async (...given) => {
      requests.ofTenants('ingest', [tenantOf(parts, request.header(TENANT_HEADER))]);
      return request.readBody(...given);
    };
    return receive({ ...request, readBody });
  };
}

export function bodyRoutes(parts: ReceiverParts): ReceiverRoute[] {
  const post = (
    surface: ReceiverRoute['surface'],
    path: string,
    receive: ReceiverRoute['receive'],
  ): ReceiverRoute => ({ methods: ['POST'], path, surface, receive: paced(receive, parts) });
  return [
    post('prometheus', '/api/v1/write', remoteWriteReceiver(parts)),
    post('prometheus', '/api/v1/otlp/v1/metrics', prometheusOtlpReceiver(parts)),
    post('otlp', '/v1/metrics', otlpReceiver('metrics', parts)),
    post('otlp', '/v1/logs', otlpReceiver('logs', parts)),
    post('otlp', '/v1/traces', otlpReceiver('traces', parts)),
    post('loki', '/loki/api/v1/push', lokiPushReceiver('v1', parts)),
    post('loki', '/api/prom/push', lokiPushReceiver('legacy', parts)),
    post('loki', '/otlp/v1/logs', lokiOtlpReceiver(parts)),
    post('tempo', ZIPKIN_PATH, zipkinReceiver(parts)),
    post('otlp', JAEGER_TRACES_PATH, jaegerReceiver(parts)),
  ];
}
