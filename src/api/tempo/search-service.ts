/** `/api/search`. */

import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { legacyPipeline, parseTags } from '../../query/traces/legacy-search.ts';
import { searchPipeline } from '../../query/traces/query-text.ts';
import { type SearchRequest, searchTraces } from '../../query/traces/search.ts';
import { answerWith } from './answer-form.ts';
import { ONE_JOB } from './proto/message-list.ts';
import { searchMessages } from './proto/search-message.ts';
import { searchJson } from './search-json.ts';
import { durationParam, param, searchLimit, searchRange, spansPerSpanset } from './search-params.ts';

/** Throws `bad_data`. `legacy` answers have no spans. */
export function searchRequest(request: ServiceRequest): SearchRequest & { legacy: boolean } {
  const q = param(request, 'q');
  const tags = param(request, 'tags');
  if (q !== '' && tags !== '') {
    throw new TriliteError('bad_data', "invalid request: can't specify tags and q in the same query");
  }
  const shared = {
    range: searchRange(request),
    limit: searchLimit(request),
    spansPerSpanset: spansPerSpanset(request),
  };
  // A bound of zero is none.
  const min = durationParam(request, 'minDuration');
  const max = durationParam(request, 'maxDuration');
  if (min && max !== undefined && min > max) {
    throw new TriliteError('bad_data', 'invalid maxDuration: must be greater than minDuration');
  }
  if (q !== '') return { ...shared, pipeline: searchPipeline(q), legacy: false };
  const wanted = tags === '' && shared.range === undefined ? oldTags(request) : parseTags(tags);
  return { ...shared, pipeline: legacyPipeline(wanted, min || undefined, max || undefined), legacy: true };
}

/** Parameters that are none of the endpoint's are tags: so the first clients asked, without a range of times. */
const PARAMETERS: readonly string[] = [
  'q',
  'tags',
  'minDuration',
  'maxDuration',
  'limit',
  'spss',
  'start',
  'end',
];

function oldTags({ params }: ServiceRequest): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [name, value] of params) {
    if (!PARAMETERS.includes(name) && value !== '' && !tags.has(name)) tags.set(name, value);
  }
  return tags;
}

export async function search(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { legacy, ...wanted } = searchRequest(request);
  const found = await searchTraces(context.storage.traces, wanted, context.signal);
  // How many were looked at follows from how spans lie in groups, which tenants share.
  const result = request.tenants ? { ...found, inspectedTraces: 0 } : found;
  const { traces, inspectedTraces } = result;
  return answerWith(request, searchJson(result, legacy), () =>
    searchMessages(traces, legacy, { ...ONE_JOB, inspectedTraces }),
  );
}
