/**
 * Sampling strategies, for which SDKs with a remote sampler ask: keep every trace. At the collector's path and at the
 * agent's.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { ServiceRequest } from '../../query/service.ts';
import { textAnswer } from '../error-answer.ts';
import type { HandledRoute } from '../route.ts';

const STRATEGY = utf8Encode(
  JSON.stringify({ strategyType: 'PROBABILISTIC', probabilisticSampling: { samplingRate: 1 } }),
);

export const SAMPLING_PATHS: readonly string[] = ['/api/sampling', '/sampling'];

export const SAMPLING_ROUTES: readonly HandledRoute[] = SAMPLING_PATHS.map((path) => ({
  methods: ['GET'],
  path,
  // All clients are told the same.
  tenants: 'none',
  handle: samplingStrategy,
}));

function samplingStrategy({ params }: ServiceRequest) {
  const services = params.filter(([name]) => name === 'service');
  if (services.length !== 1) return textAnswer(400, "'service' parameter must be provided once\n");
  return { status: 200, contentType: 'application/json', body: STRATEGY };
}
