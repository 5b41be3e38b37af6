/**
 * What clients send to the first API: a file of OTLP's JSON that is to be shown like a trace that was found, and the wish
 * to archive a trace, which takes a storage beside the usual one that this server has not.
 */

import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { keyOf } from '../../query/traces/ids.ts';
import { Params } from '../params.ts';
import { type PlacedSpan, placedSpans } from './decoded-trace.ts';
import { envelope, errorEnvelope } from './envelope.ts';
import { readOtlpDocument } from './otlp-document.ts';
import { traceParams } from './search-params.ts';
import { printSpans } from './trace-json.ts';

/** `POST /api/transform`. Spans and traces stay in the order of the document. */
export async function transform(request: ServiceRequest): Promise<ServiceAnswer> {
  const document = readOtlpDocument(Buffer.from(request.body ?? []).toString());
  const byTrace = new Map<string, PlacedSpan[]>();
  for (const placed of placedSpans(document)) {
    const { traceId } = placed.span;
    const key = keyOf(traceId, 0, traceId.length);
    const spans = byTrace.get(key);
    if (spans === undefined) byTrace.set(key, [placed]);
    else spans.push(placed);
  }
  return envelope(request, { data: `[${Array.from(byTrace.values(), printSpans).join(',')}]` });
}

/** `POST /api/archive/{id}`. */
export async function archive(request: ServiceRequest): Promise<ServiceAnswer> {
  traceParams(new Params(request.params), request.path.id ?? '');
  return errorEnvelope(500, 'archive span storage was not configured');
}
