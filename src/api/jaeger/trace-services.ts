/** Traces, found and by id, in the JSON of either version of the API, and summaries of those that are found. */

import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { readGroups } from '../../query/traces/read-groups.ts';
import { partsOfTrace, type TraceRows } from '../../query/traces/trace-proto.ts';
import { Params } from '../params.ts';
import type { DecodedTrace } from './decoded-trace.ts';
import { type EnvelopeError, envelope, jsonAnswer } from './envelope.ts';
import { findTraces, type TraceQuery } from './find-traces.ts';
import { printResourceSpans } from './otlp-json.ts';
import { searchParams, type TraceParams, traceParams } from './search-params.ts';
import { searchParamsV3, traceParamsV3 } from './search-params-v3.ts';
import { shownTrace } from './shown-trace.ts';
import { printTrace, traceIdText } from './trace-json.ts';
import { printSummary } from './trace-summary.ts';

const NOT_FOUND = 'trace not found';
const NONE_FOUND = 'No traces found';

/** Undefined where there is no such trace. */
export async function readTrace(
  { id, raw }: TraceParams,
  { storage, signal }: ServiceContext,
): Promise<DecodedTrace | undefined> {
  const cursor = await storage.traces.trace(id, signal);
  try {
    const parts = partsOfTrace(await readGroups(cursor, signal), id);
    return parts.length === 0 ? undefined : shownTrace(parts, raw);
  } finally {
    cursor.close();
  }
}

/** What `print` makes of the traces of a search. */
function found<T>(
  query: TraceQuery,
  { storage, signal }: ServiceContext,
  print: (parts: readonly TraceRows[]) => T,
): Promise<T[]> {
  return findTraces(storage.traces, query, print, signal);
}

export async function traceById(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const wanted = traceParams(new Params(request.params), request.path.id ?? '');
  const trace = await readTrace(wanted, context);
  if (trace === undefined) throw new TriliteError('not_found', NOT_FOUND);
  return envelope(request, { data: `[${printTrace(trace)}]` });
}

export async function search(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const wanted = searchParams(new Params(request.params), request.nowMs);
  const { raw } = wanted;
  if (wanted.kind === 'query') {
    const traces = await found(wanted.query, context, (parts) => printTrace(shownTrace(parts, raw)));
    return envelope(request, { data: `[${traces.join(',')}]` });
  }
  const traces: string[] = [];
  const errors: EnvelopeError[] = [];
  for (const id of wanted.ids) {
    const trace = await readTrace({ id, raw }, context);
    if (trace !== undefined) traces.push(printTrace(trace));
    else errors.push({ msg: NOT_FOUND, traceID: traceIdText(id) });
  }
  return envelope(request, { data: `[${traces.join(',')}]`, errors });
}

export async function traceByIdV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const wanted = traceParamsV3(new Params(request.params), request.path.id ?? '');
  const trace = await readTrace(wanted, context);
  return tracesV3(trace === undefined ? [] : [printResourceSpans(trace)]);
}

export async function searchV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { query, raw } = searchParamsV3(new Params(request.params));
  return tracesV3(await found(query, context, (parts) => printResourceSpans(shownTrace(parts, raw))));
}

function tracesV3(traces: readonly string[][]): ServiceAnswer {
  if (traces.length === 0) throw new TriliteError('not_found', NONE_FOUND);
  return jsonAnswer(`{"result":{"resourceSpans":[${traces.flat().join(',')}]}}`);
}

/** Raw ones cannot be had: what a summary tells is told of the adjusted trace. */
export async function summariesV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { query } = searchParamsV3(new Params(request.params));
  const summaries = await found(query, context, (parts) => printSummary(shownTrace(parts, false)));
  return jsonAnswer(`{"summaries":[${summaries.join(',')}]}`);
}
