/** `/api/v1/trilite/traces`: traces that log lines or exemplars name, in the form of Tempo's search. */

import { TRACES_MAX } from '../../query/across/limits.ts';
import { askTraces } from '../../query/across/traces-question.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { LokiRequest } from '../loki/request.ts';
import { jsonAnswer } from '../tempo/answer-form.ts';
import { searchJson } from '../tempo/search-json.ts';
import { spansPerSpanset } from '../tempo/search-params.ts';
import { countOf } from './across-params.ts';
import { withAcross } from './joined.ts';

/** As in Tempo's search. */
const LIMIT_DEFAULT = 20;

export async function tracesAcross(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { params } = read;
  const { start, end } = read.queryBounds();
  const question = {
    logql: params.get('logql') || undefined,
    promql: params.get('promql') || undefined,
    traceql: params.get('traceql'),
    start,
    end,
    limit: countOf(params, 'limit', LIMIT_DEFAULT, TRACES_MAX),
    spansPerSpanset: spansPerSpanset(request),
  };
  const { traces, named, stored, matched } = await askTraces(question, context, new ScanStats());
  const isOfLines = question.logql !== undefined;
  return withAcross(jsonAnswer(searchJson({ traces, inspectedTraces: 0 }, false)), {
    ...(isOfLines
      ? { lines: named.looked, linesWithoutId: named.withoutId }
      : { exemplars: named.looked, exemplarsWithoutId: named.withoutId }),
    ids: named.ids.length,
    idsTruncated: named.cut,
    idsWithoutTrace: named.ids.length - stored,
    matched,
    tracesTruncated: matched > traces.length,
  });
}
