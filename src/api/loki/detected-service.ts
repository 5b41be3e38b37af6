/** `detected_labels`, `detected_fields` and the values of a field, guessed from a sample of the newest lines. */

import { parseGoFloat } from '../../model/go-float.ts';
import { FieldDetector, fieldValues } from '../../query/logs/detected-fields.ts';
import { parseSelector, queryLines } from '../../query/logs/engine.ts';
import type { LogStream } from '../../query/logs/log-query.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonValue } from './answer.ts';
import { LokiRequest } from './request.ts';

/** A UUID in one of the forms that Google's package for Go reads. */
const UUID =
  /^(?:(?:urn:uuid:|\{)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?|[0-9a-f]{32})$/i;
/** Labels that are shown even where all of their values are identifiers. */
const ALWAYS_SHOWN: ReadonlySet<string> = new Set(['cluster', 'namespace', 'instance', 'pod']);

/** Whether all values are identifiers: numbers or UUIDs, but for a label that is 0 or 1. */
function areIdentifiers(values: ReadonlySet<string>): boolean {
  const list = [...values];
  if (list.every((value) => value === '0' || value === '1')) return false;
  return list.every((value) => parseGoFloat(value) !== undefined || UUID.test(value));
}

const FIELDS_DEFAULT = 1000;
const LINES_DEFAULT = 100;

export async function detectedLabelsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.queryBounds();
  // Unlike elsewhere a selector of everything is refused, but none is as good.
  const matcherSets = read.query === '' ? [] : [parseSelector(read.query)];
  const series = await context.storage.logs.series({ minMs: start.ms, maxMs: end.ms, matcherSets });
  const values = new Map<string, Set<string>>();
  for (const { pairs } of series) {
    for (let i = 0; i < pairs.length; i += 2) {
      const known = values.get(pairs[i]!);
      if (known) known.add(pairs[i + 1]!);
      else values.set(pairs[i]!, new Set([pairs[i + 1]!]));
    }
  }
  const detectedLabels = [...values]
    .filter(([name, set]) => ALWAYS_SHOWN.has(name) || !areIdentifiers(set))
    .map(([label, set]) => ({ label, cardinality: set.size }));
  return jsonValue(detectedLabels.length === 0 ? {} : { detectedLabels });
}

/** The newest lines, and how many fields or values are wanted. */
async function sampleLines(
  read: LokiRequest,
  context: ServiceContext,
): Promise<{ streams: LogStream[]; limit: number }> {
  const { start, end } = read.queryBounds();
  const lines = read.positive('line_limit', LINES_DEFAULT);
  const limit = read.positive(read.params.get('limit') === '' ? 'field_limit' : 'limit', FIELDS_DEFAULT);
  // It has no meaning here, but a bad one is refused.
  read.stepMs(start, end);
  const sample = {
    start,
    end,
    limit: lines,
    direction: 'backward',
    intervalMs: 0,
    categorize: true,
  } as const;
  const refusal = 'only log selector is supported';
  return { streams: await queryLines(read.query, '', sample, refusal, context, new ScanStats()), limit };
}

export async function detectedFieldsService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const { streams, limit } = await sampleLines(new LokiRequest(request), context);
  const detector = new FieldDetector(limit);
  for (const stream of streams) detector.add(stream);
  if (detector.fields.size === 0) return jsonValue({});
  const list = [...detector.fields].map(([label, field]) => ({
    label,
    type: field.type,
    cardinality: field.values.size,
    parsers: field.parsers.size === 0 ? null : [...field.parsers],
    ...(field.jsonPath ? { jsonPath: field.jsonPath } : {}),
  }));
  return jsonValue({ fields: list, limit });
}

export async function detectedFieldValuesService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const { streams, limit } = await sampleLines(new LokiRequest(request), context);
  const values = fieldValues(streams, request.path.name ?? '', limit);
  return jsonValue(values.size === 0 ? {} : { values: [...values], limit });
}
