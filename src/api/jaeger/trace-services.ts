/** Traces, found and by id, in the JSON of either version of the API. */

import { TriliteError } from '../../model/errors.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { readGroups } from '../../query/traces/read-groups.ts';
import { printOtlpResourceSpans } from '../../query/traces/trace-json.ts';
import { assembleTrace, partsOfTrace, type WholeTrace } from '../../query/traces/trace-proto.ts';
import { Params } from '../params.ts';
import { envelope, jsonAnswer, type MissingTrace } from './envelope.ts';
import { findTraces } from './find-traces.ts';
import { checkTraceBounds, parseTraceId, searchParams, searchParamsV3 } from './search-params.ts';
import { printTrace, traceIdText } from './trace-json.ts';

const NOT_FOUND = 'trace not found';

/** Undefined where there is no such trace. */
async function readTrace(
  id: Uint8Array,
  { storage, signal }: ServiceContext,
): Promise<WholeTrace | undefined> {
  const cursor = await storage.traces.trace(id, signal);
  try {
    const parts = partsOfTrace(await readGroups(cursor, signal), id);
    return parts.length === 0 ? undefined : assembleTrace(parts);
  } finally {
    cursor.close();
  }
}

function missing(id: Uint8Array): MissingTrace {
  return { code: 404, msg: NOT_FOUND, traceID: traceIdText(id) };
}

export async function traceById(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  checkTraceBounds(new Params(request.params));
  const id = parseTraceId(request.path.id ?? '');
  const trace = await readTrace(id, context);
  return trace === undefined
    ? envelope(request, { data: 'null', errors: [missing(id)], status: 404 })
    : envelope(request, { data: `[${printTrace(trace)}]` });
}

export async function search(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const wanted = searchParams(new Params(request.params), request.nowMs);
  if (wanted.kind === 'query') {
    const traces = await findTraces(context.storage.traces, wanted.query, printTrace, context.signal);
    return envelope(request, { data: `[${traces.join(',')}]` });
  }
  const traces: string[] = [];
  const errors: MissingTrace[] = [];
  for (const id of wanted.ids) {
    const trace = await readTrace(id, context);
    if (trace !== undefined) traces.push(printTrace(trace));
    else errors.push(missing(id));
  }
  return envelope(request, { data: `[${traces.join(',')}]`, errors });
}

export async function traceByIdV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const trace = await readTrace(parseTraceId(request.path.id ?? ''), context);
  if (trace === undefined) throw new TriliteError('not_found', NOT_FOUND);
  return tracesV3(request, [printOtlpResourceSpans(trace)]);
}

export async function searchV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const query = searchParamsV3(new Params(request.params));
  const found = await findTraces(context.storage.traces, query, printOtlpResourceSpans, context.signal);
  if (found.length === 0) throw new TriliteError('not_found', 'No traces found');
  return tracesV3(request, found);
}

function tracesV3(request: ServiceRequest, traces: readonly string[][]): ServiceAnswer {
  return jsonAnswer(request, `{"result":{"resourceSpans":[${traces.flat().join(',')}]}}`);
}
