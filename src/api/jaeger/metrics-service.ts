/**
 * Service performance monitoring: rates, errors and latencies of services over time. Jaeger answers it from a store of
 * metrics that it is told of; here none is, so what is asked for is checked and refused as Jaeger does without one.
 */

import { TriliteError } from '../../model/errors.ts';
import { parseGoFloat } from '../../model/go-float.ts';
import { SPAN_KIND_WORDS } from '../../model/span.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { Params } from '../params.ts';
import { errorEnvelope } from './envelope.ts';
import { boolean, numberFault } from './param-values.ts';
import { named, readParam, sinceEpochNs } from './search-params.ts';

const NOT_IMPLEMENTED = 501;
const NS_PER_MS = 1_000_000n;

/** `/api/metrics/latencies`. */
export async function latencies(request: ServiceRequest): Promise<ServiceAnswer> {
  const text = new Params(request.params).get('quantile');
  named('quantile', () => {
    if (parseGoFloat(text) === undefined) throw numberFault('ParseFloat', text, 'invalid syntax');
  });
  return rates(request);
}

/** `/api/metrics/calls` and `/api/metrics/errors`. */
export async function rates(request: ServiceRequest): Promise<ServiceAnswer> {
  checkParams(new Params(request.params));
  return errorEnvelope(
    NOT_IMPLEMENTED,
    'trace metrics are currently disabled - no metrics backend configured',
  );
}

function checkParams(params: Params): void {
  if (params.all('service').length === 0) {
    named('service', () => {
      throw new TriliteError('bad_data', 'please provide at least one service name');
    });
  }
  readParam(params, 'groupByOperation', boolean);
  named('spanKind', () => {
    for (const kind of params.all('spanKind')) {
      if (!(SPAN_KIND_WORDS as readonly string[]).includes(kind.toLowerCase())) {
        throw new TriliteError('bad_data', `unsupported span kind: '${kind}'`);
      }
    }
  });
  for (const name of ['endTs', 'lookback', 'step', 'ratePer']) sinceEpochNs(params, name, NS_PER_MS);
}
