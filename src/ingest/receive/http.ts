/** The paths that take data in over HTTP, with what receives them. Mounted by the composition root. */

import type { Access } from '../../model/access.ts';
import type { TriliteError } from '../../model/errors.ts';
import type { OtlpSignal } from '../../model/otlp-schema.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';
import { JAEGER_TRACES_PATH, jaegerReceiver } from './jaeger-http.ts';
import { lokiOtlpReceiver, lokiPushReceiver } from './loki.ts';
import { otlpReceiver, otlpRefusal } from './otlp-http.ts';
import { prometheusOtlpReceiver, remoteWriteReceiver } from './prometheus.ts';
import { tenantOf } from './tenants.ts';
import type { ReceiverParts, WireAnswer, WireRequest } from './wire.ts';
import { ZIPKIN_PATH, zipkinReceiver } from './zipkin.ts';

/** An endpoint that reads its own body. */
export interface ReceiverRoute {
  readonly access: Access;
  readonly methods: readonly string[];
  readonly path: string;
  /** Whose manners a wrong method is answered with. */
  readonly surface: 'prometheus' | 'loki' | 'otlp' | 'tempo';
  receive(request: WireRequest): Promise<WireAnswer>;
  /** The answer to a request that is not let in, where it is not that of the surface. */
  refuse?(error: TriliteError, contentType: string | undefined): WireAnswer;
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
  ): ReceiverRoute => ({
    access: 'ingest',
    methods: ['POST'],
    path,
    surface,
    receive: paced(receive, parts),
  });
  const otlp = (path: string, signal: OtlpSignal): ReceiverRoute => ({
    ...post('otlp', path, otlpReceiver(signal, parts)),
    refuse: otlpRefusal,
  });
  return [
    post('prometheus', '/api/v1/write', remoteWriteReceiver(parts)),
    post('prometheus', '/api/v1/otlp/v1/metrics', prometheusOtlpReceiver(parts)),
    otlp('/v1/metrics', 'metrics'),
    otlp('/v1/logs', 'logs'),
    otlp('/v1/traces', 'traces'),
    post('loki', '/loki/api/v1/push', lokiPushReceiver('v1', parts)),
    post('loki', '/api/prom/push', lokiPushReceiver('legacy', parts)),
    post('loki', '/otlp/v1/logs', lokiOtlpReceiver(parts)),
    post('tempo', ZIPKIN_PATH, zipkinReceiver(parts)),
    post('otlp', JAEGER_TRACES_PATH, jaegerReceiver(parts)),
  ];
}
