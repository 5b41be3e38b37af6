/** `/api/v1/trilite/metrics`: series of a trace's resources in its time, as a matrix of Prometheus' API. */

import type { ResourceKind } from '../../model/correlate/resource-labels.ts';
import { SERIES_SLACK_MS } from '../../query/across/limits.ts';
import { askMetrics } from '../../query/across/metrics-question.ts';
import type { PromqlResult } from '../../query/result.ts';
import type { Service } from '../../query/service.ts';
import { parseInstant } from '../loki/request.ts';
import { invalidParameter, namedError, Params } from '../params.ts';
import { successValue } from '../prometheus/envelope.ts';
import { resultAnswer } from '../prometheus/result-json.ts';
import { requiredText, slackOf, stepOf, wordsOf } from './across-params.ts';
import { withAcross } from './joined.ts';

const KINDS: readonly ResourceKind[] = [
  'instance',
  'target_info',
  'pod',
  'container',
  'service',
  'node',
  'host',
];

export const metricsAcross: Service = async (request, context) => {
  const params = new Params(request.params);
  const question = {
    trace: requiredText(params, 'trace', 'the id of a trace'),
    promql: params.get('promql'),
    startMs: momentOf(params, 'start'),
    endMs: momentOf(params, 'end'),
    slackMs: slackOf(params, SERIES_SLACK_MS),
    stepMs: stepOf(params),
    by: wordsOf(params, 'by', KINDS),
  };
  const answer = await asking(() => askMetrics(question, context));
  const { result, found, range, stepMs, services, selectors, cut } = answer;
  return withAcross(matrixAnswer(result), {
    trace: found.traceId,
    start: range.minMs / 1000,
    end: range.maxMs / 1000,
    step: stepMs / 1000,
    services,
    resources: found.resources.length,
    resourcesTruncated: found.cut,
    selectors: selectors.map(({ by, selector, series, metrics }) => ({ by, selector, series, metrics })),
    seriesTruncated: cut,
  });
};

function matrixAnswer(result: PromqlResult | undefined) {
  return result
    ? resultAnswer(result, { limit: undefined })
    : successValue({ resultType: 'matrix', result: [] });
}

async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw namedError('promql', error);
  }
}

/** In any of Loki's notations, which include Prometheus'. */
function momentOf(params: Params, name: string): number | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  const at = parseInstant(text);
  if (!at) throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return at.ms;
}
