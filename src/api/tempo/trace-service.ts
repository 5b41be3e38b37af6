/** `/api/traces/{id}` and `/api/v2/traces/{id}`: one trace, as JSON or protobuf by what the client accepts. */

import { TriliteError } from '../../model/errors.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { singleFilter } from '../../query/traces/query-text.ts';
import { readGroups } from '../../query/traces/read-groups.ts';
import { printTraceV1Json, printTraceV2Json } from '../../query/traces/trace-json.ts';
import { type PartOptions, partOfTrace } from '../../query/traces/trace-part.ts';
import {
  assembleTrace,
  partsOfTrace,
  printTraceV1Proto,
  printTraceV2Proto,
  type WholeTrace,
} from '../../query/traces/trace-proto.ts';
import { notFoundAnswer } from '../error-answer.ts';
import { JSON_TYPE, PROTOBUF, wantsProtobuf } from './answer-form.ts';
import { checkTraceRange, param } from './search-params.ts';

const FILTERED = 'Trace filtered, only a subset of spans matching the filter is returned';

/** 1 to 32 hexadecimal digits, padded with zeros on the left. Throws `bad_data`. */
function parseTraceId(text: string): Uint8Array {
  if (text.length > 2 * TRACE_ID_BYTES) {
    throw new TriliteError('bad_data', "trace IDs can't be larger than 128 bits");
  }
  const wrong = /[^0-9a-fA-F]/.exec(text);
  if (wrong) {
    const where = `invalid character '${wrong[0]}' at position ${wrong.index + 1}`;
    throw new TriliteError('bad_data', `trace IDs can only contain hex characters: ${where}`);
  }
  return Uint8Array.from(Buffer.from(text.padStart(2 * TRACE_ID_BYTES, '0'), 'hex'));
}

/** As Go reads a truth value. */
const TRUE = /^(1|t|T|true|TRUE|True)$/;
const FALSE = /^(0|f|F|false|FALSE|False)$/;
const MODES: readonly string[] = ['', 'all', 'blocks', 'ingesters', 'external'];

/** How the trace is cut; undefined for all of it, whatever the other parameters are then. */
function partOptions(request: ServiceRequest): PartOptions | undefined {
  const q = param(request, 'q');
  if (q.trim() === '') return undefined;
  const keep = param(request, 'keep_hierarchy');
  if (keep !== '' && !TRUE.test(keep) && !FALSE.test(keep)) {
    throw new TriliteError('bad_data', `invalid value for keep_hierarchy: ${JSON.stringify(keep)}`);
  }
  const matchDepth = depth(request, 'match_depth', 0);
  const ancestorDepth = TRUE.test(keep) ? depth(request, 'ancestor_depth', -1) : 0;
  return { filter: singleFilter(q), matchDepth, ancestorDepth };
}

function depth(request: ServiceRequest, name: string, fallback: number): number {
  const text = param(request, name);
  if (text === '') return fallback;
  if (!/^-?\d{1,9}$/.test(text)) {
    throw new TriliteError(
      'bad_data',
      `invalid value for ${name}: ${JSON.stringify(text)} is no whole number`,
    );
  }
  const value = Number(text);
  if (value < -1) throw new TriliteError('bad_data', `invalid value for ${name}: must be >= -1`);
  return value;
}

/** Where to look: checked, then not needed, because the index knows. */
function checkPlaces(request: ServiceRequest): void {
  const mode = param(request, 'mode');
  if (!MODES.includes(mode)) throw new TriliteError('bad_data', `invalid value for mode ${mode}`);
  if (mode !== 'ingesters') checkTraceRange(request);
}

interface FoundTrace {
  readonly trace: WholeTrace;
  /** A filter left spans out. */
  readonly cut: boolean;
}

async function readTrace(request: ServiceRequest, context: ServiceContext, v2: boolean): Promise<FoundTrace> {
  const id = parseTraceId(request.path.id ?? '');
  checkPlaces(request);
  const options = v2 ? partOptions(request) : undefined;
  const cursor = await context.storage.traces.trace(id, context.signal);
  try {
    const parts = partsOfTrace(await readGroups(cursor, context.signal), id);
    if (options === undefined || parts.length === 0) return { trace: assembleTrace(parts), cut: false };
    const part = partOfTrace(parts, options);
    return { trace: assembleTrace(part.rows, part.has), cut: !part.whole };
  } finally {
    cursor.close();
  }
}

export async function traceById(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  if (request.path.id === '') return notFoundAnswer();
  const { trace } = await readTrace(request, context, false);
  if (trace.spanCount === 0) {
    return { status: 404, contentType: '', body: new Uint8Array(0) };
  }
  return wantsProtobuf(request)
    ? { status: 200, contentType: PROTOBUF, body: printTraceV1Proto(trace) }
    : { status: 200, contentType: JSON_TYPE, body: printTraceV1Json(trace) };
}

export async function traceByIdV2(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  if (request.path.id === '') return notFoundAnswer();
  const { trace, cut } = await readTrace(request, context, true);
  const answer = cut ? { partial: FILTERED } : {};
  return wantsProtobuf(request)
    ? { status: 200, contentType: PROTOBUF, body: printTraceV2Proto(trace, answer) }
    : { status: 200, contentType: JSON_TYPE, body: printTraceV2Json(trace, answer) };
}
