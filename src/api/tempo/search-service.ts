/** `/api/search`. */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { legacyPipeline, parseTags } from '../../query/traces/legacy-search.ts';
import { searchPipeline } from '../../query/traces/query-text.ts';
import { type SearchRequest, type SearchResult, searchTraces } from '../../query/traces/search.ts';
import { searchJson } from './search-json.ts';
import { durationParam, param, searchLimit, searchRange, spansPerSpanset } from './search-params.ts';

function searchRequest(request: ServiceRequest): SearchRequest & { legacy: boolean } {
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
  return {
    ...shared,
    pipeline: legacyPipeline(parseTags(tags), min || undefined, max || undefined),
    legacy: true,
  };
}

export async function search(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { legacy, ...wanted } = searchRequest(request);
  const result: SearchResult = await searchTraces(context.storage.traces, wanted, context.signal);
  return { status: 200, contentType: 'application/json', body: utf8Encode(searchJson(result, legacy)) };
}
